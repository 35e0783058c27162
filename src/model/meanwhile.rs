//! What is in force in the place of what can't be used, in the words of [`Rejected::meanwhile`](super::Rejected::meanwhile)
//! that more than one room says.

/// Nothing is: it counts as if it weren't there.
pub const IGNORED: &str = "it is ignored";

/// The other items of a list are.
pub const REST_OF_LIST: &str = "the rest of the list stays";

/// What the object was before is, if anybody saw that.
pub const LAST_GOOD_STATE: &str = "its last good state, if any, stays";

/// The last value of a setting that could be used is.
pub fn last_good_value(value: &str) -> String {
    format!("the last good value, {value}, stays")
}

/// The default of a setting is.
pub fn default_stays(default: &str) -> String {
    format!("the default, {default}, stays")
}
