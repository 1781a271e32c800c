"""What is left out of memory is nothing that the emulator answers with."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import pytest
from moto.core.utils import get_service_model

from emulator.server import Emulator

MODEL = Path(botocore.__file__).parent / "data" / "ecs" / "2014-11-13" / "service-2.json.gz"


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: ""
            if key == "documentation" and isinstance(member, str)
            else _without_texts(member)
            for key, member in value.items()
        }
    return [_without_texts(member) for member in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("emulator")
def test_models_lose_their_documentation_and_nothing_else() -> None:
    with gzip.open(MODEL) as file:
        whole = json.load(file)

    shapes = get_service_model("ecs")._service_description["shapes"]

    assert shapes == _without_texts(whole["shapes"])
    assert list(shapes) == list(whole["shapes"])


def test_clients_of_the_emulator_share_what_they_read(aws: Callable[[str], Any]) -> None:
    first, second = aws("ecs"), aws("codebuild")

    assert first.meta.service_model.documentation == ""
    assert first._loader is second._loader


def test_clients_of_the_emulator_read_nothing_of_the_users(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\nuse_fips_endpoint = true\nca_bundle = /nowhere\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    runtime = type(emulator.runtime)(emulator.settings, emulator.runtime.clock)

    client = runtime.client("sts", "123456789012", "us-west-2")

    assert client.get_caller_identity()["Account"] == "123456789012"
    client.close()
