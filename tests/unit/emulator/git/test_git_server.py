"""What a real git sees of a CodeCommit repository."""

import gzip
import random
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError


def tip(aws, repository, branch="main"):
    found = aws("codecommit").get_branch(repositoryName=repository, branchName=branch)
    return found["branch"]["commitId"]


def test_clone_has_what_was_pushed(git, url, work, tmp_path):
    git(work, "push", url, "main")
    git(tmp_path, "clone", "--quiet", url, "clone")
    assert (tmp_path / "clone" / "README").read_text() == "first\n"


def test_url_works_with_and_without_git_suffix(git, url, work):
    git(work, "push", url + ".git", "main")
    assert "refs/heads/main" in git(work, "ls-remote", url).stdout


def test_pushed_commit_is_what_the_api_shows(git, aws, url, repository, work):
    git(work, "push", url, "main")
    assert tip(aws, repository) == git(work, "rev-parse", "HEAD").stdout.strip()


def test_commit_of_the_api_is_fetched(git, aws, url, repository, work):
    git(work, "push", url, "main")
    aws("codecommit").put_file(
        repositoryName=repository,
        branchName="main",
        filePath="docs/a.txt",
        fileContent=b"by the API\n",
        parentCommitId=tip(aws, repository),
    )
    git(work, "pull", "--quiet", url, "main")
    assert (work / "docs" / "a.txt").read_text() == "by the API\n"


def test_first_pushed_branch_becomes_the_default_and_is_checked_out(
    git, aws, url, repository, work, tmp_path
):
    git(work, "push", url, "main:trunk")
    found = aws("codecommit").get_repository(repositoryName=repository)["repositoryMetadata"]
    assert found["defaultBranch"] == "trunk"
    git(tmp_path, "clone", "--quiet", url, "clone")
    assert git(tmp_path / "clone", "branch", "--show-current").stdout.strip() == "trunk"


def test_clone_of_an_empty_repository_starts_at_main(git, url, tmp_path):
    git(tmp_path, "clone", "--quiet", url, "clone")
    assert git(tmp_path / "clone", "branch", "--show-current").stdout.strip() == "main"


def test_push_that_is_no_fast_forward_is_rejected(git, aws, url, repository, work):
    git(work, "push", url, "main")
    before = tip(aws, repository)
    git(work, "commit", "--quiet", "--amend", "--message", "other")
    refused = git(work, "push", url, "main", may_fail=True)
    assert refused.returncode == 1
    assert "rejected" in refused.stderr
    assert tip(aws, repository) == before


def test_forced_push_replaces_the_branch(git, aws, url, repository, work):
    git(work, "push", url, "main")
    git(work, "commit", "--quiet", "--amend", "--message", "other")
    git(work, "push", "--force", url, "main")
    assert tip(aws, repository) == git(work, "rev-parse", "HEAD").stdout.strip()


def test_pushed_deletion_removes_the_branch(git, aws, url, repository, work):
    git(work, "push", url, "main", "main:refs/heads/topic")
    git(work, "push", url, ":topic")
    with pytest.raises(ClientError, match="BranchDoesNotExistException"):
        tip(aws, repository, "topic")


def test_pushed_deletion_of_the_default_branch_is_refused(git, aws, url, repository, work):
    git(work, "push", url, "main")
    assert git(work, "push", url, ":main", may_fail=True).returncode == 1
    assert tip(aws, repository)


def test_credentials_in_the_url_are_accepted(git, url, work):
    git(work, "push", url.replace("http://", "http://user:secret@"), "main")


def test_unknown_repository_is_named_to_the_client(git, url, repository, work):
    failed = git(work, "push", url.replace(repository, "nowhere"), "main", may_fail=True)
    assert failed.returncode == 128
    assert "Repository `nowhere` does not exist" in failed.stderr


@pytest.mark.parametrize("path", ["", "/HEAD", "/objects/info/packs", "/../x/info/refs"])
def test_path_of_another_protocol_is_not_found(url, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url + path)
    with refused.value as answer:
        assert answer.code == 404
        assert "git clone" in answer.read().decode()


def test_deleted_repository_is_gone_for_git(git, aws, url, repository, work, emulator):
    git(work, "push", url, "main")
    aws("codecommit").delete_repository(repositoryName=repository)
    assert "does not exist" in git(work, "ls-remote", url, may_fail=True).stderr
    folder = emulator.settings.data_dir / "git" / "123456789012" / "us-west-2"
    assert not [path for path in folder.iterdir() if path.name.startswith(repository + ".")]


def test_recreated_repository_is_empty(git, aws, url, repository, work):
    git(work, "push", url, "main")
    aws("codecommit").delete_repository(repositoryName=repository)
    aws("codecommit").create_repository(repositoryName=repository)
    assert git(work, "ls-remote", url).stdout == ""


def test_compressed_request_is_understood(git, url, work):
    git(work, "push", url, "main")
    request = urllib.request.Request(
        url + "/git-upload-pack",
        data=gzip.compress(b"0014command=ls-refs\n0000"),
        headers={
            "Content-Type": "application/x-git-upload-pack-request",
            "Content-Encoding": "gzip",
            "Git-Protocol": "version=2",
        },
    )
    with urllib.request.urlopen(request) as answer:
        assert b"refs/heads/main" in answer.read()


def test_git_settings_of_the_emulators_user_do_not_reach_the_repository(
    git, url, work, monkeypatch, tmp_path
):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'http.receivepack=false'")
    git(work, "push", url, "main")


def test_large_push_arrives_whole_and_eight_clones_read_it_at_once(git, url, work, tmp_path):
    noise = random.Random(7)
    for number in range(500):
        (work / f"file-{number}").write_bytes(noise.randbytes(42_000))
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message", "20 MB")
    git(work, "push", url, "main")
    tree = git(work, "rev-parse", "HEAD^{tree}").stdout

    def clone(number):
        git(tmp_path, "clone", "--quiet", url, f"clone-{number}")
        return git(tmp_path / f"clone-{number}", "rev-parse", "HEAD^{tree}").stdout

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(clone, range(8))) == [tree] * 8


def test_pushes_at_the_same_time_all_arrive(git, aws, url, repository, work):
    names = [f"branch-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: git(work, "push", url, f"main:refs/heads/{name}"), names))
    assert aws("codecommit").list_branches(repositoryName=repository)["branches"] == names


def test_push_abandoned_half_way_leaves_the_repository_usable(git, emulator, url, work):
    port = emulator.settings.port
    path = url.removeprefix(emulator.settings.endpoint_url)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(
            f"POST {path}/git-receive-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n"
            "Content-Length: 100000\r\n\r\n0094".encode()
        )
    git(work, "push", url, "main")


def test_git_leaves_no_thread_behind(git, url, work):
    git(work, "push", url, "main")
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("git-")]
