use super::*;

fn resource(name: &str, content: &str) -> Arc<Resource> {
    Arc::new(Resource::from_value(name.into(), String::new(), content.into(), []))
}

#[test]
fn few_names_or_many_are_picked_as_if_each_were_looked_up() {
    let resource = |n: u32| Arc::new(Resource::from_value(format!("n{n:03}").into(), String::new(), vec![], []));
    let map: ResourceMap = (0..100).map(|n| resource(2 * n)).collect();
    for step in [1, 2, 3, 40, 150] {
        let names: Vec<String> = (0..200).step_by(step).map(|n| format!("n{n:03}")).chain(["x".to_owned()]).collect();
        let picked: Vec<_> = map.pick(names.iter().map(String::as_str)).collect();
        assert_eq!(picked, names.iter().map(|name| map.get(name)).collect::<Vec<_>>(), "every {step}th");
    }
    assert_eq!(ResourceMap::default().pick(["a"].into_iter()).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_difference_is_right_whoever_asked_before() {
    let map = |names: &[&str]| names.iter().map(|name| resource(name, "1")).collect::<ResourceMap>();
    let (none, old) = (ResourceMap::default(), map(&["a", "b"]));
    let mut new = old.clone();
    assert_eq!(new.difference(&none).count(), 2);
    let before = new.clone();
    new.remove("a");
    new.insert(resource("c", "1"));
    let (a, b, c) = (resource("a", "1"), resource("b", "1"), resource("c", "1"));
    for _ in 0..2 {
        assert_eq!(new.difference(&old).collect::<Vec<_>>(), [Difference::Removed(&a), Difference::Changed(&c)]);
        assert_eq!(new.difference(&none).collect::<Vec<_>>(), [Difference::Changed(&b), Difference::Changed(&c)]);
        assert_eq!(before.difference(&none).collect::<Vec<_>>(), [Difference::Changed(&a), Difference::Changed(&b)]);
    }
    new.insert(resource("c", "2"));
    assert_eq!(
        new.difference(&old).collect::<Vec<_>>(),
        [Difference::Removed(&a), Difference::Changed(&resource("c", "2"))]
    );
    new.remove("b");
    new.remove("c");
    assert_eq!(new.difference(&old).count(), 2);
}
