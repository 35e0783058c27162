//! What happens to files in a directory that is there.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::super::watch::Pace;
use super::{Followed, PACE, PATIENCE, service};
use crate::model::Event;
use crate::source::Notice;

#[tokio::test]
async fn writes_renames_and_removals_are_noticed() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1))]).await;
    it.until_services(&[("a", 1)]).await;
    it.replace("a.yaml", &service("a", 2));
    it.until_services(&[("a", 2)]).await;
    fs::write(it.path("a.yaml"), service("a", 3)).unwrap();
    it.until_services(&[("a", 3)]).await;
    fs::write(
        it.path("b.json"),
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"b"},"spec":{"ports":[{"port":1}]}}"#,
    )
    .unwrap();
    it.until_services(&[("a", 3), ("b", 1)]).await;
    fs::remove_file(it.path("a.yaml")).unwrap();
    it.until_services(&[("b", 1)]).await;
    fs::hard_link(it.path("b.json"), it.directory.path().join("elsewhere")).unwrap();
    fs::remove_file(it.path("b.json")).unwrap();
    it.until_services(&[]).await;
    fs::hard_link(it.directory.path().join("elsewhere"), it.path("b.json")).unwrap();
    it.until_services(&[("b", 1)]).await;
}

#[tokio::test]
async fn directories_that_appear_move_and_go_are_followed() {
    let mut it = Followed::new(&[]).await;
    fs::create_dir_all(it.path("x/y")).unwrap();
    fs::write(it.path("x/y/a.yaml"), service("a", 1)).unwrap();
    it.until_services(&[("a", 1)]).await;
    fs::rename(it.path("x"), it.path("z")).unwrap();
    it.replace("z/y/a.yaml", &service("a", 2));
    it.until_services(&[("a", 2)]).await;
    // A directory in the place of one that moved away.
    fs::create_dir_all(it.path("x/y")).unwrap();
    fs::write(it.path("x/y/b.yaml"), service("b", 1)).unwrap();
    it.until_services(&[("a", 2), ("b", 1)]).await;
    fs::remove_dir_all(it.path("z")).unwrap();
    it.until_services(&[("b", 1)]).await;
    assert_eq!(it.wrong, BTreeMap::new());
}

#[tokio::test]
async fn a_write_in_several_parts_is_read_when_it_is_complete() {
    use std::io::Write;
    let mut it = Followed::new(&[]).await;
    let mut file = fs::File::create(it.path("a.yaml")).unwrap();
    file.write_all(b"apiVersion: v1\nkind: Service\nmetadata: {na").unwrap();
    file.sync_all().unwrap();
    // Were the part read, this would come after its complaint.
    fs::write(it.path("b.yaml"), service("b", 1)).unwrap();
    it.until_services(&[("b", 1)]).await;
    file.write_all(b"me: a}\nspec: {ports: [{port: 1}]}\n").unwrap();
    drop(file);
    it.until(|it| !it.wrong.is_empty() || it.services.len() == 2).await;
    assert_eq!(it.wrong, BTreeMap::new());
}

#[tokio::test]
async fn an_editor_that_moves_the_old_file_away_takes_nothing_down() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("m")).unwrap();
    fs::write(directory.path().join("m/a.yaml"), service("a", 1)).unwrap();
    let mut it = Followed::paced(directory, Pace { grace: Duration::from_hours(1), ..PACE }).await;
    fs::rename(it.path("a.yaml"), it.path("a.yaml~")).unwrap();
    it.replace("b.yaml", &service("b", 1));
    it.until_services(&[("a", 1), ("b", 1)]).await;
    fs::write(it.path("a.yaml"), service("a", 2)).unwrap();
    while it.services["a"] != [2] {
        if let Notice::Event { event: Event::Delete(id), .. } = it.next().await {
            panic!("{id} was deleted");
        }
    }
    assert_eq!(it.wrong, BTreeMap::new());
}

#[tokio::test]
async fn temporary_and_hidden_files_are_not_read() {
    let hidden = [".a.yaml.swp", ".b.yaml", "c.yaml~", "d.yaml.tmp", "e.txt", ".git/f.yaml"].map(|name| (name, "["));
    let mut it = Followed::new(&hidden).await;
    for (name, _) in hidden {
        fs::write(it.path(name), "[[").unwrap();
    }
    fs::write(it.path("z.yaml"), service("z", 1)).unwrap();
    it.until_services(&[("z", 1)]).await;
    assert_eq!(it.wrong, BTreeMap::new());
}

#[tokio::test]
async fn the_change_of_one_file_reads_that_file_only() {
    use notify::{EventKind, RecursiveMode, Watcher, event::AccessKind};
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("m")).unwrap();
    for number in 0..20 {
        let path = directory.path().join(format!("m/{number}.yaml"));
        fs::write(path, service(&format!("s{number}"), 1)).unwrap();
    }
    // No sweep, which lists everything, comes between.
    let mut it = Followed::paced(directory, Pace { tick: Duration::from_hours(1), ..PACE }).await;
    it.until(|it| it.services.len() == 20).await;

    // What is opened and listed from now on.
    let (opened, seen) = std::sync::mpsc::channel();
    let mut observer = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let event = event.unwrap();
        if matches!(event.kind, EventKind::Access(AccessKind::Open(_))) {
            let _ = opened.send(event.paths[0].clone());
        }
    })
    .unwrap();
    observer.watch(&it.path(""), RecursiveMode::NonRecursive).unwrap();
    it.replace("7.yaml", &service("s7", 2));
    it.until(|it| it.services["s7"] == [2]).await;
    it.replace(".hidden", "");
    it.replace("8.yaml", &service("s8", 2));
    it.until(|it| it.services["s8"] == [2]).await;
    fs::File::open(it.path("1.yaml")).unwrap();
    for name in ["7.yaml", "8.yaml", "1.yaml"] {
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), it.path(name));
    }
}
