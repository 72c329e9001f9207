from __future__ import annotations

from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from hubfleet.validation.finding import Finding
from hubfleet.validation.report import Report, annotation, grouped

SHARED = Finding("clusters/a/common.values.yaml", 3, "x", "is wrong", "do this", "rule")
OWN = Finding("clusters/a/b.values.yaml", 1, "y", "is wrong", "", "rule", "warning")


def test_what_three_hubs_share_is_said_once() -> None:
    found = [("a/b", SHARED), ("a/c", SHARED), ("a/d", SHARED), ("a/b", OWN), ("a/b", SHARED)]
    assert [str(each) for each in grouped(found)] == [
        "clusters/a/b.values.yaml:1: y: is wrong",
        "clusters/a/common.values.yaml:3: x: is wrong (in 3 hubs) (do this)",
    ]


def test_annotations_are_escaped() -> None:
    finding = Finding("a,b.yaml", 2, "", "50% is\nwrong: here", "fix it", "a-rule", "warning")
    assert annotation(finding) == "::warning file=a%2Cb.yaml,line=2,title=a-rule::50%25 is%0Awrong: here (fix it)"
    assert annotation(Finding("a.yaml", 0, "k", "m", "", "r")) == "::error file=a.yaml,title=r::k: m"


def test_the_report_is_what_its_schema_says() -> None:
    schema = yaml.safe_load((Path(__file__).parents[3] / "schemas" / "validate.schema.yaml").read_text())
    report = Report((SHARED, OWN), 1, 2, 3, None)
    Draft202012Validator(schema).validate(report.as_data())
    assert report.as_data()["errors"] == 1
    assert report.summary() == "1 error, 1 warning (2 hubs on 1 cluster, 3 files, not rendered)"
    assert Report((), 1, 1, 1, 1).summary() == "nothing wrong (1 hub on 1 cluster, 1 file, 1 rendered)"
