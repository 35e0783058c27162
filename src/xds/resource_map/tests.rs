use super::*;

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
