//! Whatever happens on a stream, in whatever order: the session keeps to the rules, and the client ends with what the
//! snapshot says.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod play;

use chancery::protocol::Variant;
use chancery::xds::ResourceType;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;

use play::{Change, Game, NAMES, Nonce, Step, Streams, WILDCARD};

fn of() -> impl Strategy<Value = ResourceType> {
    select(&ResourceType::ALL[..])
}

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

fn names(size: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(NAMES.to_vec(), 0..=size)
}

/// Names and, more rarely, the wildcard.
fn words() -> impl Strategy<Value = Vec<&'static str>> {
    (names(2), prop::bool::weighted(0.15)).prop_map(|(mut names, wildcard)| {
        names.extend(wildcard.then_some(WILDCARD));
        names
    })
}

fn change() -> impl Strategy<Value = Change> {
    let others = prop::option::of(0..4_u8);
    let put = (of(), name(), 0..4_u8, others).prop_flat_map(|(of, name, content, others)| {
        let most = match of {
            ResourceType::Cluster | ResourceType::Listener => 1,
            ResourceType::Route => 3,
            _ => 0,
        };
        names(most).prop_map(move |references| Change::Put { of, name, content, others, references })
    });
    prop_oneof![3 => put, 1 => (of(), name()).prop_map(|(of, name)| Change::Remove { of, name })]
}

fn nonce() -> impl Strategy<Value = Nonce> {
    prop_oneof![8 => Just(Nonce::Usual), 1 => Just(Nonce::Stale), 1 => Just(Nonce::Foreign), 1 => Just(Nonce::None)]
}

fn ask() -> impl Strategy<Value = Step> {
    (of(), words(), words(), prop::bool::weighted(0.6), nonce()).prop_map(
        |(of, subscribe, mut unsubscribe, only_grows, nonce)| {
            if only_grows {
                unsubscribe.clear();
            }
            Step::Ask { of, subscribe, unsubscribe, nonce }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => vec(change(), 1..6).prop_map(Step::Publish),
        6 => ask(),
        6 => prop::bool::weighted(0.8).prop_map(|accept| Step::Receive { accept }),
        6 => of().prop_map(|of| Step::Answer { of }),
        1 => of().prop_map(|of| Step::Expire { of }),
        1 => (of(), prop::option::of(name())).prop_map(|(of, stale)| Step::Reconnect { of, stale }),
    ]
}

fn play(variant: Variant, streams: Streams, steps: &[Step]) {
    let mut game = Game::new(variant, streams);
    for step in steps {
        game.play(step);
    }
    game.end();
}

/// The same games each time, so that a run says something of the change at hand and not of luck. To look for new ones:
/// `PROPTEST_CASES=10000 PROPTEST_RNG_SEED=7 cargo test --test session`.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    ProptestConfig { cases: 4 * default.cases, rng_seed, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn delta(steps in vec(step(), 0..60)) {
        play(Variant::Delta, Streams::Aggregated, &steps);
    }

    #[test]
    fn state_of_the_world(steps in vec(step(), 0..60)) {
        play(Variant::Sotw, Streams::Aggregated, &steps);
    }

    #[test]
    fn delta_on_separate_streams(steps in vec(step(), 0..60)) {
        play(Variant::Delta, Streams::Separate, &steps);
    }

    #[test]
    fn state_of_the_world_on_separate_streams(steps in vec(step(), 0..60)) {
        play(Variant::Sotw, Streams::Separate, &steps);
    }
}
