//! Labels beside lines: where they hide nothing.

/// A place in pixels, from the upper left.
pub type Pixel = (f64, f64);

/// How wide a character is at the mean, as a share of the height of a line of text.
const CHARACTER: f64 = 0.5;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Its upper left.
    pub at: Pixel,
    /// Its width and height.
    pub size: (f64, f64),
}

impl Rectangle {
    /// That of a text.
    pub fn of_text(text: &str, at: Pixel, height: f64) -> Self {
        let characters = u32::try_from(text.chars().count()).unwrap_or_default();
        Self { at, size: (f64::from(characters) * height * CHARACTER, height) }
    }

    fn meets(&self, other: &Self) -> bool {
        let apart =
            |at: f64, size: f64, other_at: f64, other_size: f64| at > other_at + other_size || other_at > at + size;
        !apart(self.at.0, self.size.0, other.at.0, other.size.0)
            && !apart(self.at.1, self.size.1, other.at.1, other.size.1)
    }

    fn is_in(&self, outer: &Self) -> bool {
        self.at.0 >= outer.at.0
            && self.at.1 >= outer.at.1
            && self.at.0 + self.size.0 <= outer.at.0 + outer.size.0
            && self.at.1 + self.size.1 <= outer.at.1 + outer.size.1
    }

    /// Whether a line touches it, looked at closely enough for text.
    fn is_crossed(&self, line: &[Pixel]) -> bool {
        const STEPS: u32 = 64;
        let is_inside = |(x, y): Pixel| {
            x >= self.at.0 && x <= self.at.0 + self.size.0 && y >= self.at.1 && y <= self.at.1 + self.size.1
        };
        line.iter().zip(line.iter().skip(1)).any(|(from, to)| {
            (0..=STEPS).any(|step| {
                let share = f64::from(step) / f64::from(STEPS);
                is_inside((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share))
            })
        })
    }
}

/// Near which point of its line a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The nearest to the middle that has room.
    Middle,
    /// The last, of which the text speaks.
    Last,
}

/// Where each text stands beside its line, within `area`: crossed by no line and by no text. None if there is no room.
pub fn place(
    texts: &[String],
    lines: &[Vec<Pixel>],
    from: From,
    area: Rectangle,
    height: f64,
) -> Vec<Option<Rectangle>> {
    let mut placed: Vec<Option<Rectangle>> = Vec::new();
    for (text, line) in texts.iter().zip(lines) {
        let free = candidates(text, line, from, height).find(|candidate| {
            candidate.is_in(&area)
                && !placed.iter().flatten().any(|other| other.meets(candidate))
                && !lines.iter().any(|line| candidate.is_crossed(line))
        });
        placed.push(free);
    }
    placed
}

/// Right and left of each point, then above and below it.
fn candidates<'a>(text: &str, line: &'a [Pixel], from: From, height: f64) -> impl Iterator<Item = Rectangle> + 'a {
    const GAP: f64 = 7.0;
    let width = Rectangle::of_text(text, (0.0, 0.0), height).size.0;
    let (middle, reach) = match from {
        From::Middle => (line.len() / 2, line.len()),
        From::Last => (line.len().saturating_sub(1), 1),
    };
    let order = (0..reach).flat_map(move |away| [middle.checked_sub(away), middle.checked_add(away + 1)]);
    order.flatten().filter_map(|index| line.get(index)).flat_map(move |(x, y)| {
        let beside = [(x + GAP, y - height / 2.0), (x - GAP - width, y - height / 2.0)];
        let behind = [(x + GAP, y - GAP - height), (x + GAP, y + GAP)];
        let over = [(x - width, y - GAP - height), (x - width, y + GAP)];
        beside.into_iter().chain(over).chain(behind).map(move |at| Rectangle { at, size: (width, height) })
    })
}

#[cfg(test)]
mod tests {
    use super::{From, Pixel, Rectangle, place};

    #[test]
    fn labels_stay_clear_of_lines_and_each_other() {
        let area = Rectangle { at: (0.0, 0.0), size: (400.0, 300.0) };
        let steep = |x: f64| -> Vec<Pixel> {
            (0..=100).map(|index| (x + f64::from(index) / 10.0, f64::from(300 - 3 * index))).collect()
        };
        let lines: Vec<Vec<Pixel>> = [20.0, 40.0, 60.0].map(steep).into();
        let texts = ["one text".to_owned(), "another".to_owned(), "a third one".to_owned()];
        let placed: Vec<Rectangle> = place(&texts, &lines, From::Middle, area, 14.0).into_iter().flatten().collect();
        assert!(!placed.is_empty());
        for (index, label) in placed.iter().enumerate() {
            assert!(label.is_in(&area));
            assert!(!lines.iter().any(|line| label.is_crossed(line)));
            assert!(!placed[..index].iter().any(|other| other.meets(label)));
        }
    }

    #[test]
    fn without_room_there_is_no_label() {
        let area = Rectangle { at: (0.0, 0.0), size: (20.0, 300.0) };
        let line = vec![(10.0, 0.0), (10.0, 300.0)];
        assert_eq!(place(&["a long text".to_owned()], &[line], From::Middle, area, 14.0), [None]);
    }
}
