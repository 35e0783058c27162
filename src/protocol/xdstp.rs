//! Resource names that are URLs: `xdstp://authority/type/id?key=value` (xRFC TP1, gRFC A47).

use std::borrow::Cow;

use super::name_list::NameList;

/// The scheme of such names.
const SCHEME: &str = "xdstp://";

/// The name as it is compared: context parameters in the order of their keys, and no directives. Any other name is
/// itself, whatever characters it has: those of gRPC server listeners have `?` and `=` in them.
///
/// Chancery names nothing in this way, and has no collections; so a glob (`…/*`) is a name that doesn't exist either.
pub(super) fn canonical(name: &str) -> Cow<'_, str> {
    if !name.starts_with(SCHEME) {
        return name.into();
    }
    let (url, _directives) = name.split_once('#').unwrap_or((name, ""));
    let Some((path, parameters)) = url.split_once('?') else { return url.into() };
    let mut parameters: Vec<&str> = parameters.split('&').collect();
    parameters.sort_unstable();
    format!("{path}?{}", parameters.join("&")).into()
}

/// The names as they are compared. Seldom is any of them a URL.
pub(super) fn all_canonical(names: NameList) -> NameList {
    if names.iter().any(|name| name.starts_with(SCHEME)) { names.iter().map(canonical).collect() } else { names }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn only_the_order_of_context_parameters_is_free() {
        for (name, same) in [
            ("xdstp://a/T/id?b=2&a=1", "xdstp://a/T/id?a=1&b=2"),
            ("xdstp://a/T/id?a=1#entry=x", "xdstp://a/T/id?a=1"),
            ("xdstp://a/T/ids/*", "xdstp://a/T/ids/*"),
            (
                "grpc/server?xds.resource.listening_address=[::]:80&a",
                "grpc/server?xds.resource.listening_address=[::]:80&a",
            ),
            ("shop/cart/80", "shop/cart/80"),
            ("", ""),
        ] {
            assert_eq!(canonical(name), same);
        }
    }
}
