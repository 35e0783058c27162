//! The source on real directories. Nothing here sleeps: every test waits for what it expects to hear.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tempfile::TempDir;

use super::{ManifestsSource, OpenError, load};
use crate::model::object::Object;
use crate::model::{Event, Kind, ObjectRef};
use crate::source::lower::Lowering;
use crate::source::{Notice, Source};

const PATIENCE: Duration = Duration::from_secs(20);

/// A directory, followed.
struct Followed {
    directory: TempDir,
    notices: BoxStream<'static, Notice>,
    /// The Services heard of, with their ports.
    services: BTreeMap<String, Vec<u16>>,
    /// What is wrong with files.
    wrong: BTreeMap<String, String>,
    lost: Option<String>,
}

fn service(name: &str, port: u16) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n")
}

impl Followed {
    /// Follows a directory that begins with these files, and hears what is in it.
    async fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join("m").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir_all(directory.path().join("m")).unwrap();
        Self::open(directory).await
    }

    async fn open(directory: TempDir) -> Self {
        let source = ManifestsSource::open(directory.path().join("m"), Lowering::default()).unwrap();
        assert_eq!(source.name(), "manifests");
        let notices = Box::new(source).notices();
        let mut followed = Self {
            directory,
            notices,
            services: BTreeMap::new(),
            wrong: BTreeMap::new(),
            lost: Some("not yet".into()),
        };
        followed.until(|it| it.lost.is_none()).await;
        followed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("m").join(name)
    }

    /// Replaces a file as careful writers do.
    fn replace(&self, name: &str, text: &str) {
        let new = self.directory.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    async fn next(&mut self) -> Notice {
        let notice = tokio::time::timeout(PATIENCE, self.notices.next());
        let notice = notice.await.unwrap_or_else(|_| panic!("silence; {:?} {:?}", self.services, self.wrong)).unwrap();
        match &notice {
            Notice::InTouch => self.lost = None,
            Notice::OutOfTouch { error } => self.lost = Some(error.clone()),
            Notice::Event { at: _, event } => self.hear(event),
        }
        notice
    }

    fn hear(&mut self, event: &Event) {
        let short = |path: &str| path.rsplit_once("/m/").map_or(path, |(_, name)| name).to_owned();
        match event {
            Event::Apply(lowered) | Event::InitApply(lowered) => match (&lowered.id, &lowered.object) {
                (ObjectRef::Object(_, key), Some(Object::Service(service))) => {
                    let ports = service.ports.iter().map(|port| port.number).collect();
                    self.services.insert(key.name.to_string(), ports);
                }
                (ObjectRef::File(path), _) => {
                    self.wrong.remove(&short(path));
                    for rejected in &lowered.rejected {
                        let said = format!("{}: {} {}", rejected.field, rejected.value, rejected.message);
                        self.wrong.entry(short(path)).or_default().push_str(&said);
                    }
                }
                _ => {}
            },
            Event::Delete(ObjectRef::Object(_, key)) => {
                self.services.remove(&*key.name);
            }
            Event::Delete(ObjectRef::File(path)) => {
                self.wrong.remove(&short(path));
            }
            Event::Init(_) | Event::InitDone(_) => {}
        }
    }

    async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            self.next().await;
        }
    }

    /// Waits until these are the Services, with the port of each.
    async fn until_services(&mut self, expected: &[(&str, u16)]) {
        let expected: BTreeMap<_, _> = expected.iter().map(|(name, port)| (name.to_string(), vec![*port])).collect();
        self.until(|it| it.services == expected).await;
    }
}

#[tokio::test]
async fn a_complete_list_of_every_kind_comes_first() {
    let files = [("b.yaml", service("b", 1)), ("sub/a.yml", service("a", 1)), ("broken.json", "{".to_owned())];
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &files {
        fs::create_dir_all(directory.path().join("sub")).unwrap();
        fs::write(directory.path().join(name), text).unwrap();
    }
    let source = ManifestsSource::open(directory.path(), Lowering::default()).unwrap();
    let mut notices = Box::new(source).notices();
    let mut told = Vec::new();
    while let Some(notice) = tokio::time::timeout(PATIENCE, notices.next()).await.unwrap() {
        match notice {
            Notice::Event { event: Event::Init(kind), .. } => told.push(format!("init {kind}")),
            Notice::Event { event: Event::InitDone(kind), .. } => told.push(format!("done {kind}")),
            Notice::Event { event: Event::InitApply(lowered), .. } => told.push(format!("+ {}", lowered.id)),
            Notice::Event { event: Event::Apply(lowered), .. } => told.push(format!("! {}", lowered.rejected.len())),
            Notice::Event { event: Event::Delete(id), .. } => panic!("{id}"),
            Notice::OutOfTouch { error } => panic!("{error}"),
            Notice::InTouch => break,
        }
    }
    let mut expected: Vec<String> = Vec::new();
    for kind in Kind::ALL {
        expected.push(format!("init {kind}"));
        if kind == Kind::Service {
            expected.extend(["+ Service default/a".to_owned(), "+ Service default/b".to_owned()]);
        }
        expected.push(format!("done {kind}"));
    }
    expected.push("! 1".to_owned());
    assert_eq!(told, expected);
}

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
async fn a_broken_file_keeps_what_it_gave_until_it_is_good_again() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1)), ("b.yaml", &service("b", 1))]).await;
    for garbage in [&b"apiVersion: v1\nkind: Serv\n\tice"[..], b"\x7fELF\x00\x00", b"{\"apiVersion\": \"v1\", "] {
        fs::write(it.path("a.yaml"), garbage).unwrap();
        it.until(|it| it.wrong.contains_key("a.yaml")).await;
        assert!(it.wrong["a.yaml"].starts_with("line "), "{:?}", it.wrong);
        it.replace("b.yaml", &service("b", 2));
        it.until_services(&[("a", 1), ("b", 2)]).await;
        it.replace("b.yaml", &service("b", 1));
        it.replace("a.yaml", &service("a", 1));
        it.until(|it| it.wrong.is_empty()).await;
        it.until_services(&[("a", 1), ("b", 1)]).await;
    }
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
async fn one_object_in_two_files_belongs_to_the_first() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1)), ("b.yaml", &service("a", 2))]).await;
    it.until(|it| !it.wrong.is_empty()).await;
    assert_eq!(it.services["a"], [1]);
    assert!(it.wrong["b.yaml"].contains("Service default/a is also in "), "{:?}", it.wrong);
    assert!(it.wrong["b.yaml"].contains("/m/a.yaml"), "{:?}", it.wrong);
    fs::remove_file(it.path("a.yaml")).unwrap();
    it.until_services(&[("a", 2)]).await;
    it.until(|it| it.wrong.is_empty()).await;
}

#[tokio::test]
async fn an_editor_that_moves_the_old_file_away_takes_nothing_down() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1))]).await;
    fs::rename(it.path("a.yaml"), it.path("a.yaml~")).unwrap();
    fs::write(it.path("a.yaml"), service("a", 2)).unwrap();
    loop {
        if let Notice::Event { event: Event::Delete(id), .. } = it.next().await {
            panic!("{id} was deleted");
        }
        if it.services["a"] == [2] {
            break;
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

/// Writes the data of a mounted ConfigMap as the kubelet does: files are links through `..data`, which is swapped.
fn mount(directory: &Path, revision: &str, files: &[(&str, String)]) {
    let data = directory.join(format!("..{revision}"));
    fs::create_dir_all(&data).unwrap();
    for (name, text) in files {
        fs::write(data.join(name), text).unwrap();
        let link = directory.join(name);
        if link.symlink_metadata().is_err() {
            symlink(Path::new("..data").join(name), link).unwrap();
        }
    }
    symlink(format!("..{revision}"), directory.join("..data_tmp")).unwrap();
    fs::rename(directory.join("..data_tmp"), directory.join("..data")).unwrap();
}

#[tokio::test]
async fn the_swap_of_a_mounted_config_map_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let mounted = directory.path().join("m");
    fs::create_dir(&mounted).unwrap();
    mount(&mounted, "1", &[("a.yaml", service("a", 1)), ("b.yaml", service("b", 1))]);
    let mut it = Followed::open(directory).await;
    assert_eq!(it.wrong, BTreeMap::new(), "files behind the links must not be read as others");
    it.until_services(&[("a", 1), ("b", 1)]).await;
    let started = std::time::Instant::now();
    for (revision, port) in [("2", 2), ("3", 3)] {
        mount(&mounted, revision, &[("a.yaml", service("a", port)), ("b.yaml", service("b", 1))]);
        it.until_services(&[("a", port), ("b", 1)]).await;
    }
    assert!(started.elapsed() < Duration::from_secs(4), "only the sweep noticed");
    fs::remove_dir_all(mounted.join("..1")).unwrap();
    fs::remove_dir_all(mounted.join("..2")).unwrap();
    fs::remove_file(mounted.join("b.yaml")).unwrap();
    it.until_services(&[("a", 3)]).await;
}

#[tokio::test]
async fn a_link_to_a_directory_is_followed_when_it_is_swapped() {
    let directory = tempfile::tempdir().unwrap();
    for (revision, port) in [("1", 1), ("2", 2)] {
        fs::create_dir(directory.path().join(revision)).unwrap();
        fs::write(directory.path().join(revision).join("a.yaml"), service("a", port)).unwrap();
    }
    let mounted = directory.path().join("m");
    fs::create_dir(&mounted).unwrap();
    symlink("../1", mounted.join("current")).unwrap();
    // Loops end.
    symlink("..", directory.path().join("1/loop")).unwrap();
    symlink(".", mounted.join("self")).unwrap();
    let mut it = Followed::open(directory).await;
    it.until(|it| it.services.get("a") == Some(&vec![1])).await;
    symlink("../2", mounted.join("new")).unwrap();
    fs::rename(mounted.join("new"), mounted.join("current")).unwrap();
    it.until_services(&[("a", 2)]).await;
    fs::write(it.directory.path().join("2/a.yaml"), service("a", 3)).unwrap();
    it.until_services(&[("a", 3)]).await;
}

#[tokio::test]
async fn a_file_behind_a_link_is_swept() {
    let mut it = Followed::new(&[]).await;
    let target = it.directory.path().join("target");
    fs::write(&target, service("a", 1)).unwrap();
    symlink(&target, it.path("a.yaml")).unwrap();
    it.until_services(&[("a", 1)]).await;
    fs::write(&target, service("a", 2)).unwrap();
    it.until_services(&[("a", 2)]).await;
    fs::remove_file(&target).unwrap();
    it.until(|it| it.wrong.get("a.yaml").is_some_and(|wrong| wrong.contains("which doesn't exist"))).await;
    it.until_services(&[("a", 2)]).await;
}

#[tokio::test]
async fn a_directory_that_vanishes_is_still_served_and_taken_up_again() {
    for removed in [true, false] {
        let mut it = Followed::new(&[("a.yaml", &service("a", 1)), ("sub/b.yaml", &service("b", 1))]).await;
        it.until_services(&[("a", 1), ("b", 1)]).await;
        if removed {
            fs::remove_dir_all(it.path("")).unwrap();
        } else {
            fs::rename(it.path(""), it.directory.path().join("away")).unwrap();
        }
        it.until(|it| it.lost.is_some()).await;
        assert!(it.lost.as_ref().unwrap().ends_with("/m is gone; what it held is still served"), "{:?}", it.lost);
        assert_eq!(it.services.len(), 2);

        // Empty, it is only half back.
        fs::create_dir(it.path("")).unwrap();
        it.until(|it| it.lost.as_ref().is_some_and(|error| error.contains("empty directory"))).await;
        assert_eq!(it.services.len(), 2);

        fs::write(it.path("a.yaml"), service("a", 2)).unwrap();
        it.until(|it| it.lost.is_none()).await;
        it.until_services(&[("a", 2), ("b", 1)]).await;
        it.until_services(&[("a", 2)]).await;
        it.replace("a.yaml", &service("a", 3));
        it.until_services(&[("a", 3)]).await;
    }
}

#[tokio::test]
async fn a_directory_that_is_a_link_may_be_swapped() {
    let directory = tempfile::tempdir().unwrap();
    for (revision, port) in [("1", 1), ("2", 2)] {
        fs::create_dir(directory.path().join(revision)).unwrap();
        fs::write(directory.path().join(revision).join("a.yaml"), service("a", port)).unwrap();
    }
    symlink("1", directory.path().join("m")).unwrap();
    let mut it = Followed::open(directory).await;
    symlink("2", it.directory.path().join("new")).unwrap();
    fs::rename(it.directory.path().join("new"), it.directory.path().join("m")).unwrap();
    it.until_services(&[("a", 2)]).await;
    it.replace("a.yaml", &service("a", 3));
    it.until_services(&[("a", 3)]).await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_reported_and_keeps_what_it_gave() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1))]).await;
    // Too large, but sparse.
    let file = fs::File::create(it.path("large.yaml")).unwrap();
    file.set_len(super::disk::MAX_FILE_BYTES + 1).unwrap();
    drop(file);
    it.until(|it| it.wrong.contains_key("large.yaml")).await;
    assert_eq!(it.wrong["large.yaml"], "file:  is larger than 64 MiB; split it");
    fs::remove_file(it.path("large.yaml")).unwrap();
    it.until(|it| it.wrong.is_empty()).await;

    fs::set_permissions(it.path("a.yaml"), fs::Permissions::from_mode(0)).unwrap();
    if fs::File::open(it.path("a.yaml")).is_ok() {
        // Root may read everything.
        return;
    }
    fs::write(it.directory.path().join("new"), service("a", 2)).unwrap();
    fs::set_permissions(it.directory.path().join("new"), fs::Permissions::from_mode(0)).unwrap();
    fs::rename(it.directory.path().join("new"), it.path("a.yaml")).unwrap();
    it.until(|it| it.wrong.contains_key("a.yaml")).await;
    assert_eq!(it.services["a"], [1]);
    fs::set_permissions(it.path("a.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
    it.until_services(&[("a", 2)]).await;
}

#[tokio::test]
async fn the_change_of_one_file_reads_that_file_only() {
    use notify::{EventKind, RecursiveMode, Watcher, event::AccessKind};
    let names: Vec<String> = (0..20).map(|number| format!("{number}.yaml")).collect();
    let texts: Vec<String> = (0..20).map(|number| service(&format!("s{number}"), 1)).collect();
    let files: Vec<(&str, &str)> = names.iter().zip(&texts).map(|(name, text)| (&**name, &**text)).collect();
    let mut it = Followed::new(&files).await;
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
    drop(observer);
    let opened: Vec<PathBuf> = seen.try_iter().collect();
    assert_eq!(opened, [it.path("7.yaml"), it.path("8.yaml")]);
}

#[test]
fn the_thread_ends_when_nobody_listens() {
    let directory = tempfile::tempdir().unwrap();
    let (signals, received) = std::sync::mpsc::channel();
    let (said, batches) = tokio::sync::mpsc::channel(super::BATCHES);
    drop(super::Notices { batches, ready: Vec::new().into_iter(), signals });
    let (_, signal) = received.try_recv().unwrap();
    assert_eq!(signal, super::Signal::Stop);
    let watcher = notify::recommended_watcher(|_| ()).unwrap();
    let root = directory.path().to_str().unwrap().into();
    // Returns.
    super::Watch::new(root, Lowering::default(), watcher, said).run(&received);
}

#[test]
fn a_directory_that_is_none_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let error = ManifestsSource::open(directory.path().join("nope"), Lowering::default()).unwrap_err();
    assert!(matches!(error, OpenError::Unreadable { .. }));
    assert!(error.to_string().contains("/nope can't be read: No such file"), "{error}");
    fs::write(directory.path().join("file"), "").unwrap();
    let error = ManifestsSource::open(directory.path().join("file"), Lowering::default()).unwrap_err();
    assert!(error.to_string().contains("/file can't be read: Not a directory"), "{error}");
}

#[test]
fn commands_load_everything_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("m")).unwrap();
    fs::write(path("m/a.yaml"), format!("# first\n---\n{}---\nx: [\n---\n{}", service("a", 1), service("b", 70)))
        .unwrap();
    fs::write(path("m/b.yaml"), service("a", 2)).unwrap();
    fs::write(path("any-name"), service("c", 3)).unwrap();
    let loaded = load(&[path("m"), path("any-name")], Lowering::default()).unwrap();
    let objects: Vec<_> = loaded.objects.iter().map(|it| (it.lowered.id.to_string(), it.line, it.served)).collect();
    let object = |name: &str, line, served| (format!("Service default/{name}"), line, served);
    assert_eq!(objects, [object("c", 1, true), object("a", 3, true), object("b", 10, true), object("a", 1, false)]);
    let wrong: Vec<_> = loaded.rejected.iter().map(|it| (it.file.rsplit_once('/').unwrap().1, it.line)).collect();
    assert_eq!(wrong, [("a.yaml", Some(8)), ("b.yaml", Some(1))]);
    assert_eq!(loaded.events.iter().filter(|event| matches!(event, Event::InitApply(_))).count(), 3);

    let error = load(&[path("nope")], Lowering::default()).unwrap_err();
    assert!(error.to_string().ends_with("/nope: there is no such file or directory"), "{error}");
}
