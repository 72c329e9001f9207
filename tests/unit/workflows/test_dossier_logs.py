"""Tracebacks as JupyterHub really writes them: indented, and longer than what is kept of a log."""

import pytest

from hubfleet.workflows.dossier.logs import last_error

CONFIG = (
    "    Traceback (most recent call last):",
    '      File "/usr/local/lib/python3.11/dist-packages/traitlets/config/loader.py", line 658, in _read_file_as_dict',
    '        exec(compile(f.read(), conf_filename, "exec"), namespace, namespace)',
    '      File "hub.extraConfig.zz-mistake", line 3, in <module>',
    "    NameError: name 'no_such_name' is not defined",
)


@pytest.mark.parametrize("lines", [CONFIG, CONFIG[1:]], ids=["whole", "its beginning was cut off"])
def test_an_indented_traceback_names_the_line_of_the_configuration(lines):
    error, where = last_error(lines)
    assert error == "NameError: name 'no_such_name' is not defined"
    assert where == "hub.extraConfig.zz-mistake:3"


def test_what_is_logged_after_it_does_not_hide_it():
    after = (
        "    {",
        '      "Content-Type": "application/json"',
        "    }",
        "[E 2026-11-25 22:29:01 JupyterHub] 500 POST",
    )
    assert last_error((*CONFIG, *after))[1] == "hub.extraConfig.zz-mistake:3"


def test_a_word_that_ends_in_error_is_no_traceback():
    assert last_error(("HubError: nobody knows",)) == ("", "")
