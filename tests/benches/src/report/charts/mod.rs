//! The plots.

mod axis;
mod chart;
mod cost;
mod labels;
mod latency;

pub use chart::Chart;

use super::results::Results;

/// Those for which there is something, with the names of their files.
pub fn charts(results: &Results) -> Vec<(String, Chart)> {
    let propagation = results.propagation.as_ref();
    let mut charts = vec![
        ("latency".to_owned(), latency::receptions(propagation)),
        ("cpu-by-names".to_owned(), cost::by_names(propagation)),
        ("cpu-by-clients".to_owned(), cost::by_clients(propagation)),
        ("cpu-by-services".to_owned(), cost::by_services(results.size.as_ref())),
    ];
    for services in [100, 1000] {
        charts.push((format!("kubernetes-{services}"), latency::written(results.kubernetes.as_ref(), services)));
    }
    charts.retain(|(_, chart)| !chart.lines.is_empty());
    charts
}

#[cfg(test)]
mod tests;
