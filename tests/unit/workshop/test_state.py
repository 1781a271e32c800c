"""The state's bucket, and what is kept there."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from workshop.aws import Aws
from workshop.config import Config
from workshop.environment import load_environment
from workshop.errors import InfrastructureError, NotPrepared
from workshop.state import StateStore


@pytest.fixture
def aws_config(config: Config, shell: pytest.MonkeyPatch) -> Iterator[Config]:
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield replace(config, target="aws", region="eu-west-1", inherited=dict(os.environ))


@pytest.fixture
def aws(aws_config: Config) -> Iterator[Aws]:
    made = Aws(aws_config)
    yield made
    made.close()


@pytest.fixture
def store(aws_config: Config, aws: Aws) -> StateStore:
    return StateStore(aws_config, aws)


def put(aws: Aws, store: StateStore, key: str, value: object) -> None:
    aws.client("s3").put_object(Bucket=store.bucket, Key=key, Body=json.dumps(value).encode())


def test_bucket_is_named_after_account_and_region_versioned_encrypted_and_private(
    aws: Aws, store: StateStore
):
    assert store.ensure_bucket() is True
    assert store.ensure_bucket() is False
    assert store.bucket == "ecs-workshop-state-123456789012-eu-west-1"
    s3 = aws.client("s3")
    assert s3.get_bucket_versioning(Bucket=store.bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=store.bucket)["ServerSideEncryptionConfiguration"]
    assert rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(Bucket=store.bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}


def test_no_bucket_is_no_state_no_lock_and_no_environment(store: StateStore):
    assert store.exists() is False
    assert store.read() is None
    assert store.lock() is None
    assert store.environments() == []


def test_environments_are_those_whose_state_holds_resources(aws: Aws, store: StateStore):
    store.ensure_bucket()
    put(aws, store, "ana/terraform.tfstate", {"resources": [{}]})
    put(aws, store, "ben/terraform.tfstate", {"resources": []})
    assert store.environments() == ["ana"]


def test_environment_that_is_being_made_stands_before_it_has_a_state(aws: Aws, store: StateStore):
    store.ensure_bucket()
    put(aws, store, "ben/terraform.tfstate.tflock", {"ID": "1"})
    assert store.environments() == ["ben"]


def test_bucket_that_another_run_has_just_made_is_taken(aws: Aws, store: StateStore):
    with Stubber(aws.client("s3")) as stub:
        stub.add_client_error("head_bucket", "404")
        stub.add_client_error("create_bucket", "BucketAlreadyOwnedByYou")
        assert store.ensure_bucket() is False


def test_bucket_that_was_just_deleted_asks_for_patience(aws: Aws, store: StateStore):
    with Stubber(aws.client("s3")) as stub:
        stub.add_client_error("head_bucket", "404")
        stub.add_client_error("create_bucket", "OperationAborted")
        with pytest.raises(InfrastructureError, match="its name is not free yet") as caught:
            store.ensure_bucket()
    assert "some minutes" in caught.value.remedy


def test_delete_leaves_no_version_of_this_participant_and_all_of_another(
    aws: Aws, store: StateStore
):
    store.ensure_bucket()
    for number in range(3):
        put(aws, store, store.key, number)
    put(aws, store, "ana/terraform.tfstate", {"resources": [{}]})
    aws.client("s3").delete_object(Bucket=store.bucket, Key=store.key)
    store.delete()
    left = aws.client("s3").list_object_versions(Bucket=store.bucket)
    assert [version["Key"] for version in left["Versions"]] == ["ana/terraform.tfstate"]
    assert "DeleteMarkers" not in left
    store.delete_bucket()
    assert store.exists() is False


def test_environment_that_was_never_made_is_told_in_the_house_wording(
    aws: Aws, store: StateStore, aws_config: Config
):
    config = replace(aws_config, participant="ana")
    with pytest.raises(NotPrepared) as caught:
        load_environment(aws, config)
    assert str(caught.value) == (
        "Environment `ana` is not prepared on target `aws`: no state at "
        "`s3://ecs-workshop-state-123456789012-eu-west-1/ana`. Run `make lab1`."
    )
    assert caught.value.exit_code == 2


def test_environment_that_was_interrupted_is_partly_prepared(
    aws: Aws, store: StateStore, aws_config: Config
):
    store.ensure_bucket()
    put(aws, store, store.key, {"resources": [{}], "outputs": {}})
    with pytest.raises(NotPrepared, match="only partly prepared"):
        load_environment(aws, aws_config)
