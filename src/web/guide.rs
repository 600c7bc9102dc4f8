//! The built-in guide.

use crate::view::Section;
use crate::view::guide::GuidePage;
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;

/// GET `/guide`.
pub async fn show(_: SignedIn, frame: Frame) -> Html<GuidePage> {
    Html(GuidePage { shell: frame.shell.page("Guide", Section::Guide, None) })
}
