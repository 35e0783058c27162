//! The source on real directories. Nothing here sleeps: every test waits for what it expects to hear.

mod changes;
mod links;
mod trouble;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tempfile::TempDir;

use super::watch::Pace;
use super::{ManifestsSource, load};
use crate::model::object::Object;
use crate::model::{Event, Kind, ObjectRef};
use crate::source::objects::Conversion;
use crate::source::{Notice, Source};

const PATIENCE: Duration = Duration::from_secs(20);

/// As the real pace, but faster where nothing else can be waited for.
const PACE: Pace = Pace {
    grace: Duration::from_millis(100),
    settle: Duration::from_millis(500),
    tick: Duration::from_millis(100),
    sweep: 3,
};

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
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, annotations: {{chancery.dev/enabled: \"true\"}}}}\n\
         spec: {{ports: [{{port: {port}}}]}}\n"
    )
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
        Self::paced(directory, PACE).await
    }

    async fn paced(directory: TempDir, pace: Pace) -> Self {
        let source = ManifestsSource::paced(&directory.path().join("m"), Conversion::default(), pace).unwrap();
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
        let notice = self.notices.next().await.unwrap();
        match &notice {
            Notice::UpToDate => self.lost = None,
            Notice::Outage { error } => self.lost = Some(error.clone()),
            Notice::Denied { .. } | Notice::Allowed { .. } => panic!("{notice:?}"),
            Notice::Event { at: _, event } => self.hear(event),
        }
        notice
    }

    fn hear(&mut self, event: &Event) {
        let short = |path: &str| path.rsplit_once("/m/").map_or(path, |(_, name)| name).to_owned();
        match event {
            Event::Apply(converted) | Event::InitApply(converted) => match (&converted.id, &converted.object) {
                (ObjectRef::Object(_, key), Some(Object::Service(service))) => {
                    let ports = service.ports.iter().map(|port| port.number).collect();
                    self.services.insert(key.name.to_string(), ports);
                }
                (ObjectRef::File(path), _) => {
                    self.wrong.remove(&short(path));
                    for rejected in &converted.rejected {
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
        self.until_told("it", done).await;
    }

    async fn until_told(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let heard = async {
            while !done(self) {
                self.next().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, heard).await;
        assert!(in_time.is_ok(), "{what} not heard: {:?} {:?} {:?}", self.services, self.wrong, self.lost);
    }

    /// Waits until these are the Services, with the port of each.
    async fn until_services(&mut self, expected: &[(&str, u16)]) {
        let expected: BTreeMap<_, _> = expected.iter().map(|(name, port)| (name.to_string(), vec![*port])).collect();
        self.until_told(&format!("{expected:?}"), |it| it.services == expected).await;
    }
}

#[tokio::test]
async fn a_complete_list_of_every_kind_comes_first() {
    let files = [
        ("b.yaml", service("b", 1)),
        ("sub/a.yml", service("a", 1)),
        ("broken.json", "{\"chancery.dev/enabled\": ".to_owned()),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &files {
        fs::create_dir_all(directory.path().join("sub")).unwrap();
        fs::write(directory.path().join(name), text).unwrap();
    }
    let source = ManifestsSource::open(directory.path(), Conversion::default()).unwrap();
    let mut notices = Box::new(source).notices();
    let mut told = Vec::new();
    while let Some(notice) = tokio::time::timeout(PATIENCE, notices.next()).await.unwrap() {
        match notice {
            Notice::Event { event: Event::Init(kind), .. } => told.push(format!("init {kind}")),
            Notice::Event { event: Event::InitDone(kind), .. } => told.push(format!("done {kind}")),
            Notice::Event { event: Event::InitApply(converted), .. } => told.push(format!("+ {}", converted.id)),
            Notice::Event { event: Event::Apply(converted), .. } => {
                told.push(format!("! {}", converted.rejected.len()));
            }
            Notice::Event { event: Event::Delete(id), .. } => panic!("{id}"),
            Notice::Outage { .. } | Notice::Denied { .. } | Notice::Allowed { .. } => panic!("{notice:?}"),
            Notice::UpToDate => break,
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

#[test]
fn the_thread_ends_when_nobody_listens() {
    let directory = tempfile::tempdir().unwrap();
    let (_signals, received) = std::sync::mpsc::sync_channel(1);
    let (said, batches) = tokio::sync::mpsc::channel(super::BATCHES);
    drop(batches);
    let watcher = notify::recommended_watcher(|_| ()).unwrap();
    let root = directory.path().to_str().unwrap().into();
    // Returns.
    super::Watch::new(root, Conversion::default(), PACE, watcher, Arc::default(), said).run(&received);
}

#[tokio::test]
async fn when_signals_were_lost_everything_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let (_signals, received) = std::sync::mpsc::sync_channel(1);
    let (said, mut batches) = tokio::sync::mpsc::channel(super::BATCHES);
    // Tells nothing, and no sweep finds what it didn't tell.
    let watcher = notify::recommended_watcher(|_| ()).unwrap();
    let pace = Pace { sweep: u32::MAX, ..PACE };
    let root = directory.path().to_str().unwrap().into();
    let overflowed = Arc::new(AtomicBool::new(false));
    let watch = super::Watch::new(root, Conversion::default(), pace, watcher, Arc::clone(&overflowed), said);
    std::thread::spawn(move || watch.run(&received));
    tokio::time::timeout(PATIENCE, batches.recv()).await.unwrap().unwrap();
    fs::write(directory.path().join("a.yaml"), service("a", 1)).unwrap();
    overflowed.store(true, Ordering::Release);
    let said = tokio::time::timeout(PATIENCE, batches.recv()).await.unwrap().unwrap();
    let is_a = |notice: &Notice| matches!(notice, Notice::Event { event: Event::Apply(_), .. });
    assert!(said.iter().any(is_a), "{said:?}");
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
    let loaded = load(&[path("m"), path("any-name")], Conversion::default()).unwrap();
    let objects: Vec<_> = loaded.objects.iter().map(|it| (it.converted.id.to_string(), it.line, it.served)).collect();
    let object = |name: &str, line, served| (format!("Service default/{name}"), line, served);
    assert_eq!(objects, [object("c", 1, true), object("a", 3, true), object("b", 10, true), object("a", 1, false)]);
    let wrong: Vec<_> = loaded.rejected.iter().map(|it| (it.file.rsplit_once('/').unwrap().1, it.line)).collect();
    assert_eq!(wrong, [("a.yaml", Some(8)), ("b.yaml", Some(1))]);
    assert_eq!(loaded.events.iter().filter(|event| matches!(event, Event::InitApply(_))).count(), 3);

    let error = load(&[path("nope")], Conversion::default()).unwrap_err();
    assert!(error.to_string().ends_with("/nope: there is no such file or directory"), "{error}");
}
