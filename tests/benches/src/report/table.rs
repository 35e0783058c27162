//! The table, as it is printed and as Markdown: the same, for Markdown tables can be read as they are.

use super::row::Row;
use crate::subject::Kind;

/// The servers, in the order of their columns.
const COLUMNS: [Kind; 5] = [Kind::Linear, Kind::Snapshot, Kind::Tcp, Kind::Tonic, Kind::Chancery];

/// What is said below it.
pub const NOTE: &str = "\
Each cell: the median over the rounds of what each round says (and the least and the greatest round). LinearCache and
SnapshotCache are go-control-plane's; on the Kubernetes API, LinearCache is fed by informers. “1000 × 100” is 1000 clients
that hold 100 assignments each, of 1000 Services with 10 endpoints unless the row says how many; they speak delta xDS
unless it says SotW. A round's time to the last client is the median over its changes. That a change costs the same for 10
and 1000 names is read as a ratio of at most 1.3, the limit that is set for the number of Services. A target is met if
Chancery's median meets it and no client missed anything in any round. “–” is what was not measured, or has no target.
";

/// The whole table.
pub fn table(rows: &[Row]) -> String {
    let mut cells = vec![["What".to_owned(), "unit".to_owned()].into_iter().collect::<Vec<_>>()];
    if let Some(head) = cells.first_mut() {
        head.extend(COLUMNS.map(|kind| short(kind).to_owned()));
        head.extend(["target".to_owned(), String::new()]);
    }
    for row in rows {
        let mut line = vec![row.what.clone(), row.unit.to_owned()];
        line.extend(COLUMNS.map(|kind| row.cell(kind)));
        line.extend([row.target.to_string(), row.verdict().to_string()]);
        cells.push(line);
    }
    aligned(&cells)
}

/// A server's name at the head of a column.
pub fn short(kind: Kind) -> &'static str {
    kind.title().trim_start_matches("go-control-plane ")
}

/// Lines of cells below each other, the first of them the head.
pub fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| lines.iter().filter_map(|line| Some(line.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default().max(3)).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            text.push_str("| ");
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width + 1 - cell.chars().count()));
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                text.push('|');
                text.extend(std::iter::repeat_n('-', width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn columns_are_aligned_by_characters() {
        let lines = [["a", "unit"], ["– ≤ 1", "ms"]].map(|line| line.map(str::to_owned).to_vec());
        assert_eq!(aligned(&lines), "| a     | unit |\n|-------|------|\n| – ≤ 1 | ms   |\n");
    }
}
