"""Where a build's files come from, and where its artifacts go."""

import io
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest
from build_helpers import Builds, context

from emulator.control_plane import registration
from emulator.control_plane.codebuild.artifacts import InputArtifact, OutputArtifact
from emulator.data_plane.build_runner.output import glob_pattern
from emulator.server import Emulator

ACCOUNT, REGION = "123456789012", "us-west-2"
V2 = "version: 0.2\n"
ECHO = f"{V2}phases:\n  build:\n    commands: [cat a.txt]\n"


def git(cwd: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(emulator: Emulator, aws, unique, tmp_path: Path) -> tuple[str, Path]:
    """Return the clone URL of a repository with one commit on `main`, and a clone of it."""
    name = f"app-{unique()}"
    url = aws("codecommit").create_repository(repositoryName=name)["repositoryMetadata"][
        "cloneUrlHttp"
    ]
    bare = emulator.settings.data_dir / "git" / ACCOUNT / REGION / f"{name}.git"
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "--quiet", "--initial-branch=main")
    (clone / "a.txt").write_text("first\n")
    (clone / "buildspec.yml").write_text(ECHO)
    commit_and_push(clone, bare)
    git(clone, "remote", "add", "bare", str(bare))
    return url, clone


def commit_and_push(clone: Path, bare: Path | str, branch: str = "main") -> str:
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "change")
    git(clone, "push", "--quiet", str(bare), f"HEAD:refs/heads/{branch}")
    return git(clone, "rev-parse", "HEAD")


def zipped(files: dict[str, str], mode: int = 0o644) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | mode) << 16
            opened.writestr(entry, text)
    return archive.getvalue()


@pytest.fixture
def bucket(aws, unique) -> str:
    name = f"bucket-{unique()}"
    aws("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    return name


def read(aws, bucket: str, key: str) -> bytes:
    with aws("s3").get_object(Bucket=bucket, Key=key)["Body"] as body:
        return bytes(body.read())


def names_in(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return sorted(opened.namelist())


class TestCodeCommit:
    def test_the_default_branch_is_built_with_its_git_folder(self, builds: Builds, repository):
        url, clone = repository
        head = git(clone, "rev-parse", "HEAD")
        build = builds.run(
            f"{V2}phases:\n  build:\n    commands:\n      - cat a.txt; git rev-parse HEAD\n"
            "      - git remote get-url origin; echo $CODEBUILD_RESOLVED_SOURCE_VERSION.\n"
            "      - echo $CODEBUILD_SOURCE_REPO_URL.\n",
            source={"type": "CODECOMMIT", "location": url},
        )
        assert build["resolvedSourceVersion"] == head
        log = builds.log(build)
        assert {"first", head, url, f"{head}.", f"{url}."} <= set(log)

    def test_branch_tag_and_commit_name_a_version(self, builds: Builds, repository):
        url, clone = repository
        first = git(clone, "rev-parse", "HEAD")
        (clone / "a.txt").write_text("second\n")
        second = commit_and_push(clone, "bare", branch="feature")
        git(clone, "tag", "v2")
        git(clone, "push", "--quiet", "bare", "v2")
        project = builds.project(
            source={"type": "CODECOMMIT", "location": url}, sourceVersion="feature"
        )
        expected = {None: second, "main": first, "refs/heads/main": first, "v2": second}
        for version, commit in {**expected, first: first}.items():
            overrides = {"sourceVersion": version} if version else {}
            build = builds.ended(builds.start(project, **overrides))
            assert build["resolvedSourceVersion"] == commit
            assert build["sourceVersion"] == (version or "feature")
            assert ("first" if commit == first else "second") in builds.log(build)

    def test_a_version_that_does_not_exist_is_named(self, builds: Builds, repository):
        url, _ = repository
        build = builds.ended(
            builds.start(
                builds.project(source={"type": "CODECOMMIT", "location": url}),
                sourceVersion="nowhere",
            )
        )
        assert context(build, "DOWNLOAD_SOURCE") == (
            "CLIENT_ERROR",
            "reference not found for primary source and source version nowhere",
        )

    def test_a_repository_that_does_not_exist_is_named(self, builds: Builds):
        url = "http://127.0.0.1:4566/v1/repos/nowhere"
        build = builds.run(ECHO, source={"type": "CODECOMMIT", "location": url})
        code, message = context(build, "DOWNLOAD_SOURCE")
        assert code == "CLIENT_ERROR"
        assert message.startswith("repository not found for primary source")
        assert url in message

    def test_a_missing_buildspec_is_named_by_its_path(self, builds: Builds, repository):
        url, _ = repository
        build = builds.run("config/other.yml", source={"type": "CODECOMMIT", "location": url})
        code, message = context(build, "DOWNLOAD_SOURCE")
        assert code == "YAML_FILE_ERROR"
        assert message.endswith("/src/config/other.yml: no such file or directory")


class TestS3:
    def test_an_archive_is_unpacked_with_its_permissions(self, builds: Builds, aws, bucket: str):
        body = zipped({"run.sh": "#!/bin/sh\necho ran\n"}, mode=0o755)
        aws("s3").put_object(Bucket=bucket, Key="in/source.zip", Body=body)
        build = builds.run(
            f"{V2}phases:\n  build:\n    commands: [./run.sh]\n",
            source={"type": "S3", "location": f"{bucket}/in/source.zip"},
        )
        assert "ran" in builds.log(build)
        assert "resolvedSourceVersion" not in build

    def test_a_key_that_does_not_exist_is_named(self, builds: Builds, bucket: str):
        build = builds.run(ECHO, source={"type": "S3", "location": f"{bucket}/none.zip"})
        code, message = context(build, "DOWNLOAD_SOURCE")
        assert code == "CLIENT_ERROR"
        assert "error while downloading key none.zip, error: NoSuchKey" in message

    def test_what_is_no_archive_is_named(self, builds: Builds, aws, bucket: str):
        aws("s3").put_object(Bucket=bucket, Key="a.zip", Body=b"no")
        build = builds.run(ECHO, source={"type": "S3", "location": f"{bucket}/a.zip"})
        assert f"`{bucket}/a.zip` is not a ZIP archive" in context(build, "DOWNLOAD_SOURCE")[1]


FILES = (
    f"{V2}phases:\n  build:\n    commands:\n"
    "      - mkdir -p out/deep other; echo 1 > out/a.txt; echo 2 > out/deep/b.txt\n"
    "      - echo 3 > out/c.log; echo 4 > top.txt\n"
    "artifacts:\n"
)

COLLECTED = {
    "files: ['**/*']": ["out/a.txt", "out/c.log", "out/deep/b.txt", "top.txt"],
    "files: [out/*]": ["out/a.txt", "out/c.log"],
    "files: [out/**/*]": ["out/a.txt", "out/c.log", "out/deep/b.txt"],
    "files: [top.txt, none.txt]": ["top.txt"],
    "files: ['*.txt']\n  base-directory: out": ["a.txt"],
    "files: ['**/*']\n  base-directory: 'o*'\n  discard-paths: yes": ["a.txt", "b.txt", "c.log"],
    "files: ['**/*']\n  exclude-paths: ['**/*.log', top.txt]": ["out/a.txt", "out/deep/b.txt"],
}


class TestArtifacts:
    @pytest.mark.parametrize("artifacts", COLLECTED)
    def test_the_globs_choose_the_files(self, builds: Builds, aws, bucket: str, artifacts: str):
        build = builds.run(
            f"{FILES}  {artifacts}\n",
            artifacts={"type": "S3", "location": bucket, "packaging": "ZIP", "name": "a.zip"},
        )
        assert build["buildStatus"] == "SUCCEEDED"
        assert names_in(read(aws, bucket, "a.zip")) == COLLECTED[artifacts]

    def test_path_namespace_and_name_make_the_key(self, builds: Builds, aws, bucket: str):
        build = builds.run(
            f"{FILES}  files: [top.txt]\n  name: app-$((1 + 1))\n",
            artifacts={
                "type": "S3",
                "location": bucket,
                "path": "builds/",
                "namespaceType": "BUILD_ID",
                "overrideArtifactName": True,
            },
        )
        key = f"builds/{build['id'].split(':')[1]}/app-2"
        assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/{key}"
        assert read(aws, bucket, f"{key}/top.txt") == b"4\n"

    def test_secondary_artifacts_go_to_their_own_places(self, builds: Builds, aws, bucket: str):
        build = builds.run(
            f"{FILES}  files: [top.txt]\n  secondary-artifacts:\n    docs:\n      files: [out/*]\n",
            artifacts={"type": "S3", "location": bucket, "packaging": "ZIP", "name": "one.zip"},
            secondaryArtifacts=[
                {
                    "type": "S3",
                    "location": bucket,
                    "packaging": "ZIP",
                    "name": "two.zip",
                    "artifactIdentifier": "docs",
                }
            ],
        )
        assert names_in(read(aws, bucket, "two.zip")) == ["out/a.txt", "out/c.log"]
        assert build["secondaryArtifacts"][0]["artifactIdentifier"] == "docs"
        assert len(build["artifacts"]["sha256sum"]) == 64

    @pytest.mark.parametrize(
        ("artifacts", "message"),
        [
            ("files: [none.txt]", "no matching artifact paths found"),
            (
                "files: ['*']\n  base-directory: nowhere",
                "no matching base directory path found for nowhere",
            ),
        ],
    )
    def test_what_is_missing_fails_the_upload(
        self, builds: Builds, bucket: str, artifacts: str, message: str
    ):
        build = builds.run(f"{FILES}  {artifacts}\n", artifacts={"type": "S3", "location": bucket})
        assert context(build, "UPLOAD_ARTIFACTS") == ("CLIENT_ERROR", message)
        assert build["buildStatus"] == "FAILED"

    def test_a_bucket_that_does_not_exist_is_named(self, builds: Builds):
        build = builds.run(
            f"{FILES}  files: [top.txt]\n",
            artifacts={"type": "S3", "location": "no-such-bucket", "packaging": "ZIP"},
        )
        message = context(build, "UPLOAD_ARTIFACTS")[1]
        assert "no-such-bucket" in message
        assert "NoSuchBucket" in message


class TestPipeline:
    def start(self, emulator: Emulator, project: str, bucket: str, **changes) -> str:
        with emulator.runtime.lock:
            backend = registration.backend("codebuild", ACCOUNT, REGION)
            arguments = {
                "project_name": project,
                "input_artifacts": [InputArtifact("Source", bucket, "p/source")],
                "output_artifacts": [OutputArtifact("Built", bucket, "p/built")],
                "primary_source": None,
                "environment_overrides": [{"name": "B", "value": "action", "type": "PLAINTEXT"}],
                "initiator": "codepipeline/p",
                "source_version": "0123456789abcdef0123456789abcdef01234567",
                **changes,
            }
            return backend.start_pipeline_build(**arguments)

    @pytest.fixture
    def project(self, builds: Builds) -> str:
        return builds.project(
            source={"type": "CODEPIPELINE"},
            artifacts={"type": "CODEPIPELINE"},
            environment={"environmentVariables": [{"name": "B", "value": "project"}]},
        )

    def test_a_build_reads_and_writes_the_pipelines_artifacts(
        self, builds: Builds, emulator: Emulator, aws, bucket: str, project: str
    ):
        spec = (
            f"{V2}phases:\n  build:\n    commands:\n"
            "      - echo $B-$CODEBUILD_INITIATOR-$CODEBUILD_RESOLVED_SOURCE_VERSION\n"
            "      - cp a.txt b.txt\nartifacts:\n  files: [b.txt]\n"
        )
        body = zipped({"a.txt": "from the pipeline", "buildspec.yml": spec})
        aws("s3").put_object(Bucket=bucket, Key="p/source", Body=body)
        build = builds.ended(self.start(emulator, project, bucket))
        assert build["buildStatus"] == "SUCCEEDED"
        assert build["initiator"] == "codepipeline/p"
        assert build["resolvedSourceVersion"] == "0123456789abcdef0123456789abcdef01234567"
        assert build["sourceVersion"] == f"arn:aws:s3:::{bucket}/p/source"
        assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/p/built"
        assert names_in(read(aws, bucket, "p/built")) == ["b.txt"]
        told = "action-codepipeline/p-0123456789abcdef0123456789abcdef01234567"
        assert told in builds.log(build)

    def test_inputs_beside_the_primary_one_have_folders_of_their_own(
        self, builds: Builds, emulator: Emulator, aws, bucket: str, project: str
    ):
        spec = f"{V2}phases:\n  build:\n    commands: [cat $CODEBUILD_SRC_DIR_Other/o.txt a.txt]\n"
        inputs = {
            "Source": zipped({"a.txt": "primary\n", "buildspec.yml": spec}),
            "Other": zipped({"o.txt": "other\n"}),
        }
        for name, body in inputs.items():
            aws("s3").put_object(Bucket=bucket, Key=name, Body=body)
        build = builds.ended(
            self.start(
                emulator,
                project,
                bucket,
                input_artifacts=[InputArtifact(name, bucket, name) for name in ("Other", "Source")],
                output_artifacts=[],
                primary_source="Source",
            )
        )
        assert {"primary", "other"} <= set(builds.log(build))

    def test_several_outputs_are_found_by_their_names(
        self, builds: Builds, emulator: Emulator, aws, bucket: str, project: str
    ):
        spec = (
            f"{V2}phases:\n  build:\n    commands: [touch one two]\n"
            "artifacts:\n  secondary-artifacts:\n"
            "    One: {files: [one]}\n    Two: {files: [two]}\n"
        )
        body = zipped({"buildspec.yml": spec})
        aws("s3").put_object(Bucket=bucket, Key="p/source", Body=body)
        outputs = [OutputArtifact(name, bucket, name) for name in ("One", "Two")]
        build = builds.ended(self.start(emulator, project, bucket, output_artifacts=outputs))
        assert build["buildStatus"] == "SUCCEEDED"
        assert names_in(read(aws, bucket, "Two")) == ["two"]

        missing = [*outputs, OutputArtifact("Three", bucket, "Three")]
        build = builds.ended(self.start(emulator, project, bucket, output_artifacts=missing))
        assert "no definition for artifact Three found" in context(build, "UPLOAD_ARTIFACTS")[1]

    def test_a_missing_artifact_fails_the_download(
        self, builds: Builds, emulator: Emulator, bucket: str, project: str
    ):
        build = builds.ended(self.start(emulator, project, bucket))
        assert "NoSuchKey" in context(build, "DOWNLOAD_SOURCE")[1]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("**/*", "a", True),
        ("**/*", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("*", "a/b", False),
        ("./a", "a", True),
        ("a.b", "aXb", False),
        ("[ab].txt", "b.txt", True),
        ("[!ab].txt", "b.txt", False),
        ("?.txt", "b.txt", True),
    ],
)
def test_globs_mean_what_the_buildspec_reference_says(pattern: str, name: str, fits: bool):
    assert bool(glob_pattern(pattern).fullmatch(name)) is fits
