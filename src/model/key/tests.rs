use super::*;

#[test]
fn control_characters_in_names_are_escaped() {
    let service = ObjectRef::service(&Key::new("a\nb", "c\u{1b}[2J\n\nd"));
    assert_eq!(service.to_string(), r"Service a\nb/c\u{1b}[2J\n\nd");
    assert_eq!(ObjectRef::File("x\ty.yaml".into()).to_string(), r"file x\ty.yaml");
}

#[test]
fn the_text_of_an_object_can_be_read_back() {
    let cart = ObjectRef::service(&Key::new("shop", "cart"));
    let shop = ObjectRef::Object(Kind::Namespace, Key::new("", "shop"));
    let slice = ObjectRef::Object(Kind::EndpointSlice, Key::new("shop", "cart-x7"));
    for object in [cart, shop, slice] {
        assert_eq!(ObjectRef::of_object(&object.to_string()), Some(object));
    }
    for text in ["", "Service", "Ingress shop/cart", &ObjectRef::File("a.yaml".into()).to_string()] {
        assert_eq!(ObjectRef::of_object(text), None, "{text}");
    }
}
