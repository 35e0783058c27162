use super::*;

#[test]
fn control_characters_in_names_are_escaped() {
    let service = ObjectRef::service(&Key::new("a\nb", "c\u{1b}[2J\n\nd"));
    assert_eq!(service.to_string(), r"Service a\nb/c\u{1b}[2J\n\nd");
    assert_eq!(ObjectRef::File("x\ty.yaml".into()).to_string(), r"file x\ty.yaml");
}

#[test]
fn an_object_is_named_by_kind_namespace_and_name() {
    let shop = Key::new("", "shop");
    assert_eq!(ObjectRef::Object(Kind::Namespace, shop).to_string(), "Namespace shop");
    assert_eq!(Named("Ingress", &Key::new("shop", "web")).to_string(), "Ingress shop/web");
}
