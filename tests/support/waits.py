# SPDX-License-Identifier: Apache-2.0
"""Tests that run in `make fuzz` alone: each costs seconds, and others see most of what it sees.

Variants of one test say so where they are (variants_that_wait.py). Here are whole tests, so that what
`make test` leaves out stands in one place, and why.
"""

from __future__ import annotations

_README = "cli/test_readme.py::test_every_command_that_only_the_readme_shows_works"
WAITS: dict[str, str] = {
    f"{_README}[check --board nano33ble --port auto]": (
        "tinyml check --board nano33ble --port /dev/ttyUSB0, of the help; auto by tinyml record"
    ),
    f"{_README}[record": ("tinyml record --port auto, of the help"),
    f"{_README}[live]": ("tinyml live --seconds 0.5, of the help"),
    "data/test_larger_than_memory.py::test_a_gigabyte_is_trained_on_within_400_megabytes": (
        "test_saving_holds_a_few_megabytes_of_a_large_dataset, test_a_stream_gives_every_sample_once_a_pass"
    ),
    "export/test_c.py::test_it_gives_the_same_bytes_on_a_big_endian_processor": (
        "nothing: zig compiles its library for it first, and no core here is big-endian"
    ),
    "firmware/test_build_firmware.py::test_objects_that_are_kept_are_compiled_once": (
        "every build in make test takes objects that are kept, and its bytes are checked in emulation"
    ),
    "firmware/test_fitting.py::test_what_fits_is_built_as_it_is": "each build of a project",
    "firmware/test_hostile_names.py::test_class_names_are_text_wherever_they_stand": (
        "test_classes_model_and_project_of_any_name_are_built"
    ),
    "firmware/test_own_application.py::test_what_is_built_in_is_the_same_bytes_wherever": (
        "test_a_board_builds_in_a_hostile_folder; test_the_folder_does_not_show_in_the_firmware"
    ),
    "firmware/test_own_application.py::test_own_code_that_includes_them_gets_the_samples": (
        "test_applications.py: samples are for those that include their header"
    ),
    "stack/test_worst_stack.py::test_no_function_takes_less_than_gcc_says": (
        "the painted stack of each board: tests/firmware/test_firmware_on_boards.py"
    ),
    "emulator/test_counting.py::test_the_c_and_the_python_hook_model_the_same_cycles": (
        "nothing all of it; each hook against hand-made code: the other tests of that file"
    ),
    "training/test_small_data.py::test_a_refit_that_was_interrupted_ends_the_same": (
        "test_resume.py: a killed training ends with the same bytes; refit by the test before it"
    ),
    "training/test_small_data.py::test_the_adaptive_recipe_trains_series_and_tables[series]": (
        "the same of rows; series by the defaults in that file"
    ),
    "training/test_train.py::test_the_same_seed_gives_the_same_bytes_in_another_process": (
        "test_training_twice_in_one_process; test_resume.py goes on with a process that was killed"
    ),
    "pipeline/test_what_is_current.py::test_what_a_step_really_runs_and_opens_is_in_its_graph[train]": (
        "the same of data, quantize, compile and build"
    ),
    "search/test_one_shot.py::TestParts::test_an_interrupted_training_ends_with_the_same_weights": (
        "test_resume.py of the usual training, by the same Checkpoint"
    ),
    "verify/test_tuning.py::test_tuning_measures_every_variant_once": (
        "tinyml tune model.tflite, of the help; choices by cost: tests/compiler/test_choice.py"
    ),
}
"""The beginning of a test's name, behind tests/ -> what sees the same in `make test`."""


def waits(name: str) -> bool:
    """Whether the test of this name, as pytest has it, is for `make fuzz`."""
    path = name.removeprefix("tests/")
    return any(path.startswith(start) for start in WAITS)
