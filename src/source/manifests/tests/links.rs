//! Symbolic links: mounted ConfigMaps, swapped directories, loops.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::super::watch::Pace;
use super::{Followed, PACE, service};

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
    // No sweep, which would notice it too.
    let mut it = Followed::paced(directory, Pace { tick: Duration::from_hours(1), ..PACE }).await;
    assert_eq!(it.wrong, BTreeMap::new(), "files behind the links must not be read as others");
    it.until_services(&[("a", 1), ("b", 1)]).await;
    for (revision, port) in [("2", 2), ("3", 3)] {
        mount(&mounted, revision, &[("a.yaml", service("a", port)), ("b.yaml", service("b", 1))]);
        it.until_services(&[("a", port), ("b", 1)]).await;
    }
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
