//! The traffic as `OpenMetrics` text.

use std::io::{Result, Write};

use super::{BOUNDS, CODES, Identity, SERIES, Traffic};

/// Writes all `services` as one `OpenMetrics` text: `http_requests_total{service,code}`, the classic histogram
/// `http_request_duration_seconds{service,le}` and, for those with an [`Identity::Process`], `up`.
///
/// # Errors
/// Those of `out`.
pub fn write(services: &[Traffic], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "# TYPE http_requests counter")?;
    for service in services {
        let labels = labels(service);
        for (place, code) in CODES.iter().enumerate() {
            service.write_series(out, &format!("http_requests_total{{{labels},code=\"{code}\"}}"), place)?;
        }
    }
    writeln!(out, "# TYPE http_request_duration_seconds histogram")?;
    for service in services {
        let labels = labels(service);
        for (place, bound) in (CODES.len()..).zip(BOUNDS) {
            let name = format!("http_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}}");
            service.write_series(out, &name, place)?;
        }
        service.write_series(out, &format!("http_request_duration_seconds_count{{{labels}}}"), SERIES - 1)?;
        service.write_sum(out, &format!("http_request_duration_seconds_sum{{{labels}}}"))?;
    }
    writeln!(out, "# TYPE up gauge")?;
    for service in services {
        if let Some(process) = process(service) {
            service.write_up(out, &format!("up{{{process}}}"))?;
        }
    }
    writeln!(out, "# EOF")
}

fn process(service: &Traffic) -> Option<String> {
    match &service.setup.identity {
        Identity::Bare => None,
        Identity::Process { job, instance } => Some(format!("job=\"{job}\",instance=\"{instance}\"")),
    }
}

fn labels(service: &Traffic) -> String {
    let service_label = format!("service=\"{}\"", service.setup.service);
    process(service).map_or(service_label.clone(), |process| format!("{service_label},{process}"))
}

/// Seconds with three decimals.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

impl Traffic {
    fn write_series(&self, out: &mut dyn Write, name: &str, place: usize) -> Result<()> {
        for scrape in &self.scrapes {
            if let Some(value) = scrape.values.and_then(|values| values[place]) {
                writeln!(out, "{name} {value} {}", seconds(scrape.at_ms))?;
            }
        }
        Ok(())
    }

    fn write_sum(&self, out: &mut dyn Write, name: &str) -> Result<()> {
        for scrape in self.scrapes.iter().filter(|scrape| scrape.values.is_some()) {
            writeln!(out, "{name} {} {}", seconds(scrape.sum_ms), seconds(scrape.at_ms))?;
        }
        Ok(())
    }

    fn write_up(&self, out: &mut dyn Write, name: &str) -> Result<()> {
        for scrape in &self.scrapes {
            writeln!(out, "{name} {} {}", i32::from(scrape.values.is_some()), seconds(scrape.at_ms))?;
        }
        Ok(())
    }
}
