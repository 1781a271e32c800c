"""One emulator a folder."""

import pytest

from emulator.data_folder import DataFolder, DataFolderInUseError


def test_second_emulator_in_a_folder_is_refused_and_the_first_named(tmp_path):
    first = DataFolder(tmp_path / "data", 4566)
    first.hold()
    with pytest.raises(DataFolderInUseError, match=r"another emulator, process \d+ on port 4566"):
        DataFolder(tmp_path / "data", 4600).hold()
    first.release()


def test_folder_is_private_and_free_again_after_release(tmp_path):
    folder = DataFolder(tmp_path / "data", 4566)
    folder.hold()
    folder.release()
    folder.release()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    second = DataFolder(tmp_path / "data", 4567)
    second.hold()
    second.release()
