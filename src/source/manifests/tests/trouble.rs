//! What goes wrong, and what is served meanwhile.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use super::super::disk::MAX_FILE_BYTES;
use super::super::watch::Pace;
use super::super::{ManifestsSource, OpenError};
use super::{Followed, PACE, service};
use crate::source::Notice;
use crate::source::objects::Conversion;

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
async fn a_directory_that_came_back_in_a_moment_is_not_taken_for_complete() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_owned();
    fs::create_dir(root.join("m")).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(root.join(format!("m/{name}.yaml")), service(name, 1)).unwrap();
    }
    // Only the removal of a file makes it look.
    let hour = Duration::from_hours(1);
    let mut it = Followed::paced(directory, Pace { settle: hour, tick: hour, ..PACE }).await;
    fs::remove_file(it.path("c.yaml")).unwrap();
    // What is above the directory tells nothing.
    let away = tempfile::tempdir().unwrap();
    fs::rename(&root, away.path().join("root")).unwrap();
    fs::create_dir_all(root.join("m")).unwrap();
    fs::write(root.join("m/a.yaml"), service("a", 2)).unwrap();
    it.until(|it| it.services["a"] == [2]).await;
    while !matches!(it.next().await, Notice::UpToDate) {}
    assert_eq!(it.services.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_reported_and_keeps_what_it_gave() {
    let mut it = Followed::new(&[("a.yaml", &service("a", 1))]).await;
    // Too large, but sparse.
    let file = fs::File::create(it.path("large.yaml")).unwrap();
    file.set_len(MAX_FILE_BYTES + 1).unwrap();
    drop(file);
    it.until(|it| it.wrong.contains_key("large.yaml")).await;
    assert_eq!(it.wrong["large.yaml"], "file:  is larger than 64 MiB; split it");
    fs::remove_file(it.path("large.yaml")).unwrap();
    it.until(|it| it.wrong.is_empty()).await;

    // A file that nobody can read, not even root: memory at address 0.
    symlink("/proc/self/mem", it.directory.path().join("new")).unwrap();
    fs::rename(it.directory.path().join("new"), it.path("a.yaml")).unwrap();
    it.until(|it| it.wrong.contains_key("a.yaml")).await;
    assert_eq!(it.services["a"], [1]);
    fs::write(it.directory.path().join("new"), service("a", 2)).unwrap();
    fs::rename(it.directory.path().join("new"), it.path("a.yaml")).unwrap();
    it.until_services(&[("a", 2)]).await;
}

#[test]
fn a_directory_that_is_none_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let error = ManifestsSource::open(directory.path().join("nope"), Conversion::default()).unwrap_err();
    assert!(matches!(error, OpenError::Unreadable { .. }));
    assert!(error.to_string().contains("/nope can't be read: No such file"), "{error}");
    fs::write(directory.path().join("file"), "").unwrap();
    let error = ManifestsSource::open(directory.path().join("file"), Conversion::default()).unwrap_err();
    assert!(error.to_string().contains("/file can't be read: Not a directory"), "{error}");
}
