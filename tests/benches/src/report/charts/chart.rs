//! A chart of lines, as SVG.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::labels::{From, Pixel, Rectangle, place};
use crate::subject::Kind;

const WIDTH: u32 = 860;
const HEIGHT: u32 = 480;
/// The height of all text but the title, in pixels.
const TEXT: f64 = 15.0;
/// Where the names of the lines are, from the top.
const LEGEND: i32 = 50;
const FONT: &str = "sans-serif";
const GREY: RGBColor = RGBColor(90, 90, 90);
const FAINT: RGBColor = RGBColor(225, 225, 225);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From below to above.
    pub y: Axis,
    /// What is drawn.
    pub lines: Vec<Line>,
    /// Whether the points are what was measured, and the lines only lead the eye.
    pub is_marked: bool,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// What stands beside it.
    pub label: String,
    /// How it looks.
    pub look: Look,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// From where to where the rounds spread: x, least and greatest y.
    pub spreads: Vec<(f64, f64, f64)>,
}

/// How a line looks. The colours are those of Okabe and Ito, which colour-blind people can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    colour: RGBColor,
    width: u32,
}

impl Look {
    /// That of a server.
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Chancery => Self { colour: RGBColor(0, 114, 178), width: 3 },
            Kind::Linear => Self { colour: RGBColor(213, 94, 0), width: 2 },
            Kind::Snapshot => Self { colour: RGBColor(170, 80, 135), width: 2 },
            Kind::Tcp => Self { colour: RGBColor(70, 70, 70), width: 1 },
            Kind::Tonic => Self { colour: RGBColor(0, 140, 100), width: 1 },
        }
    }

    /// That of a second line of a server.
    pub const fn lighter(kind: Kind) -> Self {
        match kind {
            Kind::Chancery => Self { colour: RGBColor(60, 160, 215), width: 2 },
            _ => Self { colour: RGBColor(200, 140, 0), width: 2 },
        }
    }

    /// That of a limit.
    pub const LIMIT: Self = Self { colour: RGBColor(110, 110, 110), width: 1 };
}

impl Chart {
    /// Draws it.
    pub fn svg(&self) -> anyhow::Result<String> {
        let mut svg = String::new();
        self.draw(&SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area())?;
        Ok(svg)
    }

    fn draw(&self, root: &Area<'_>) -> anyhow::Result<()> {
        root.fill(&WHITE)?;
        root.draw(&Text::new(self.title.clone(), (16, 14), (FONT, 19).into_font().color(&BLACK)))?;
        let below = self.legend(root)?;

        let mut chart = ChartBuilder::on(root)
            .margin_top(below + 14)
            .margin_right(28)
            .margin_left(10)
            .margin_bottom(8)
            .x_label_area_size(52)
            .y_label_area_size(66)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(GREY)
            .label_style((FONT, TEXT).into_font().color(&BLACK))
            .axis_desc_style((FONT, 16).into_font().color(&BLACK))
            .x_desc(&self.x.title)
            .y_desc(&self.y.title)
            .draw()?;

        let mut pixels: Vec<Vec<Pixel>> = Vec::new();
        for Line { look: Look { colour, width }, points, spreads, .. } in &self.lines {
            let style = colour.stroke_width(*width);
            let area = chart.plotting_area();
            let pixel = |(x, y): (i32, i32)| (f64::from(x), f64::from(y));
            pixels.push(points.iter().map(|point| pixel(area.map_coordinate(point))).collect());
            chart.draw_series(std::iter::once(PathElement::new(points.clone(), style)))?;
            chart.draw_series(
                spreads.iter().map(|(x, least, greatest)| PathElement::new(vec![(*x, *least), (*x, *greatest)], style)),
            )?;
            if self.is_marked {
                chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, colour.filled())))?;
            }
        }
        let (across, down) = chart.plotting_area().get_pixel_range();
        self.labels(root, &pixels, rectangle(&across, &down))
    }

    /// The names of the lines, in as many rows as they need. Returns where they end.
    fn legend(&self, root: &Area<'_>) -> anyhow::Result<i32> {
        let (left, right) = (16, WIDTH.cast_signed() - 16);
        let (mut x, mut y) = (left, LEGEND);
        for Line { name, look: Look { colour, width }, .. } in &self.lines {
            #[expect(clippy::cast_possible_truncation, reason = "a text is not that wide")]
            let wide = 32 + Rectangle::of_text(name, (0.0, 0.0), TEXT).size.0 as i32;
            if x + wide > right {
                (x, y) = (left, y + 22);
            }
            root.draw(&PathElement::new(vec![(x, y + 6), (x + 26, y + 6)], colour.stroke_width(width + 1)))?;
            root.draw(&Text::new(name.clone(), (x + 32, y), (FONT, TEXT).into_font().color(&BLACK)))?;
            x += wide + 22;
        }
        Ok(y + 22)
    }

    /// What stands beside each line.
    fn labels(&self, root: &Area<'_>, pixels: &[Vec<Pixel>], area: Rectangle) -> anyhow::Result<()> {
        let from = if self.is_marked { From::Last } else { From::Middle };
        let texts: Vec<String> = self.lines.iter().map(|line| line.label.clone()).collect();
        for (line, place) in self.lines.iter().zip(place(&texts, pixels, from, area, TEXT)) {
            let Some(Rectangle { at: (x, y), size: (width, height) }) = place else { continue };
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a chart")]
            let middle = ((x + width / 2.0) as i32, (y + height / 2.0) as i32);
            let style = (FONT, TEXT).into_font().color(&line.look.colour);
            root.draw(&Text::new(line.label.clone(), middle, style.pos(Pos::new(HPos::Center, VPos::Center))))?;
        }
        Ok(())
    }
}

fn rectangle(across: &std::ops::Range<i32>, down: &std::ops::Range<i32>) -> Rectangle {
    let [left, right, top, bottom] = [across.start, across.end, down.start, down.end].map(f64::from);
    Rectangle { at: (left, top), size: (right - left, bottom - top) }
}
