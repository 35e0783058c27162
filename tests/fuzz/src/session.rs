//! The session: bytes as the steps of its game.

use chancery::protocol::Variant;
use chancery::xds::ResourceType;

use crate::play::{Change, Game, NAMES, Nonce, Step, Streams, WILDCARD};

/// More steps than this find nothing that fewer don't.
const MAX_STEPS: usize = 100;

/// The first byte says which variant and which streams; then each step takes three: what happens, to which type, and to
/// which names.
///
/// All the rules of the game are watched, as in the property tests.
pub fn session(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let variant = if first & 1 == 0 { Variant::Sotw } else { Variant::Delta };
    let streams = if first & 2 == 0 { Streams::Aggregated } else { Streams::Separate };
    let mut game = Game::new(variant, streams);
    let mut changes = Vec::new();
    for &[what, of, names] in rest.as_chunks().0.iter().take(MAX_STEPS) {
        match read(what, of, names) {
            // Of several changes in a row, some happen at once.
            Step::Publish(change) if what & 64 != 0 => changes.extend(change),
            Step::Publish(change) => {
                changes.extend(change);
                game.play(&Step::Publish(std::mem::take(&mut changes)));
            }
            step => game.play(&step),
        }
    }
    game.end();
}

fn read(what: u8, of: u8, names: u8) -> Step {
    let (of, high) = (ResourceType::ALL[usize::from(of & 15) % ResourceType::COUNT], of >> 4);
    let name = NAMES[usize::from(high) % NAMES.len()];
    match what % 8 {
        0 | 1 => {
            let others = (what >> 3 & 1 != 0).then_some(what >> 4);
            Step::Publish(vec![Change::Put { of, name, content: names >> 6, others, references: words(names & 7) }])
        }
        2 => Step::Publish(vec![Change::Remove { of, name }]),
        3 | 4 => {
            let nonce = match what >> 3 & 7 {
                0 => Nonce::Stale,
                1 => Nonce::Foreign,
                2 => Nonce::None,
                _ => Nonce::Usual,
            };
            Step::Ask { of, subscribe: words(names), unsubscribe: words(names >> 4), nonce }
        }
        5 => Step::Receive { accept: high != 0 },
        6 => Step::Answer { of },
        _ if high < 8 => Step::Expire { of },
        _ => Step::Reconnect { of, stale: (high > 12).then_some(name) },
    }
}

/// A bit for each name, and one for the wildcard.
fn words(bits: u8) -> Vec<&'static str> {
    let all = NAMES.into_iter().chain([WILDCARD]);
    all.enumerate().filter(|(bit, _)| bits >> bit & 1 != 0).map(|(_, word)| word).collect()
}
