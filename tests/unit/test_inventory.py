import hashlib
from pathlib import Path

import pytest
from rich.console import Console

from stages.adapters.classifier import OWN_MODEL
from stages.adapters.models import MissingModel
from stages.inventory import as_table, model_files


def test_our_models_files_are_listed_with_hash_and_origin() -> None:
    files = {file.path.name: file for file in model_files("intent", OWN_MODEL, "INTENT_MODEL", is_set=False)}
    sections = {"layers_0_4.onnx", "layers_4_6.onnx", "layers_6_10.onnx"}
    assert set(files) == {"config.json", "exits.json", "model.onnx", "tokenizer.json"} | sections
    network = files["model.onnx"]
    assert network.sha256 == hashlib.sha256((OWN_MODEL / "model.onnx").read_bytes()).hexdigest()
    assert network.chosen_by == "comes with the package"
    assert "multilingual-e5" in network.made_from


def test_a_users_own_folder_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"abc")
    (file,) = model_files("intent", tmp_path, "INTENT_MODEL", is_set=True)
    assert (file.chosen_by, file.size, file.made_from) == ("INTENT_MODEL", 3, "")
    console = Console(width=200, record=True, quiet=False)
    console.print(as_table(iter([file])))
    assert file.sha256[:16] in console.export_text()


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match="INTENT_MODEL"):
        list(model_files("intent", tmp_path / "absent", "INTENT_MODEL", is_set=True))


@pytest.mark.parametrize("folder", [OWN_MODEL, OWN_MODEL.parent / "vision"], ids=lambda folder: folder.name)
def test_the_sums_beside_our_models_are_theirs(folder: Path) -> None:
    listed = [line.split() for line in (folder / "SHA256SUMS").read_text().splitlines()]
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for _, name in listed}
    assert found == {name: digest for digest, name in listed}, "run `sha256sum * > SHA256SUMS` there"
