//! The built-in guide.

use crate::view::Section;
use crate::view::guide::GuidePage;
use crate::web::extract::Frame;
use crate::web::html::Html;

/// GET `/guide`; for everybody, so that the sign-in page can lead to it.
pub async fn show(frame: Frame) -> Html<GuidePage> {
    Html(GuidePage { shell: frame.shell.page("Guide", Section::Guide, None) })
}
