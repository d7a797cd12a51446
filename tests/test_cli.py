"""The command line with what users really type: one clear sentence, the right exit code, nothing lost."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ORDER = "8190000000000001"


def run(
    tmp_path: Path, *words: str, config: str = "[notify]\ndesktop = false\n", typed: str = ""
) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "config.toml"
    if not path.exists():
        path.write_text(config)
    command = [
        sys.executable,
        "-m",
        "monitor",
        "--config",
        str(path),
        "--data-dir",
        str(tmp_path / "data"),
        *words,
    ]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60)


def add(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run(tmp_path, "add", ORDER, "--tracking", "LP00700000000017", "--placed", "2026-11-03", *more)


def test_without_config_and_data_every_reading_command_works(tmp_path: Path) -> None:
    for words in (
        ["status"],
        ["status", "--json"],
        ["carriers"],
        ["identify", "LP00700000000017"],
        ["explain", "Held by customs"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *words], capture_output=True, text=True, timeout=60,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr)
    first = subprocess.run(
        [sys.executable, "-m", "monitor", "status"], capture_output=True, text=True, timeout=60
    )
    assert "parcelwarden import" in first.stderr


def test_an_order_added_by_hand_is_shown(tmp_path: Path) -> None:
    assert (
        add(
            tmp_path,
            "--amount",
            "12.34 USD",
            "--title",
            "Настольная лампа",
            "--protection-until",
            "2026-12-31",
        ).returncode
        == 0
    )
    order = json.loads(run(tmp_path, "status", "--json").stdout)["orders"][0]
    assert (order["order_id"], order["title"], order["amount"]) == (
        ORDER,
        "Настольная лампа",
        {"value": "12.34", "currency": "USD"},
    )
    assert [(d["kind"], d["last_safe_day"], d["source"]) for d in order["deadlines"]] == [
        ("protection_end", "2026-12-30", "manual")
    ]
    assert "Настольная лампа" in run(tmp_path, "show", ORDER).stdout


def test_an_order_of_another_shop_gets_its_windows_and_its_page_but_no_form(tmp_path: Path) -> None:
    add(tmp_path, "--marketplace", "eBay", "--payment", "PayPal")
    assert run(tmp_path, "edit", ORDER, "--expected", "2026-12-20").returncode == 0
    whole = json.loads(run(tmp_path, "show", ORDER, "--json").stdout)
    dated = {d["kind"]: (d["last_safe_day"], d["source"], d["confidence"]) for d in whole["deadlines"]}
    assert dated == {
        "protection_end": ("2027-01-19", "estimated", "medium"),
        "paypal_dispute": ("2027-05-02", "estimated", "medium"),
    }
    assert [party["name"] for party in whole["parties"]] == ["eBay", "PayPal"]
    assert "30 days" in run(tmp_path, "show", ORDER).stdout
    done = run(tmp_path, "dispute", ORDER, "--no-wait", "--json")
    assert (done.returncode, json.loads(done.stdout)["result"]) == (5, "no_form")
    assert "https://www.ebay.com/" in run(tmp_path, "dispute", ORDER).stderr


def test_a_wrong_profile_of_the_user_s_own_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "marketplaces").mkdir()
    (tmp_path / "marketplaces" / "corner.toml").write_text(
        'name = "x"\n[[windows]]\nkind = "protection_end"\n'
    )
    done = run(tmp_path, "status")
    assert done.returncode == 2
    assert "corner.toml: window 1: give either days or business_days." in done.stderr
    assert done.stderr.count("\n") == 1


def test_adding_the_same_order_again_changes_nothing(tmp_path: Path) -> None:
    add(tmp_path)
    assert "unchanged" in add(tmp_path).stdout


def test_what_is_typed_in_any_usual_way_is_understood_and_an_edit_of_a_slip_refused(tmp_path: Path) -> None:
    assert add(tmp_path, "--tracking", "RB 123 456 785 CN", "--country", "germany").returncode == 0
    second = run(tmp_path, "add", "8190000000000002", "--tracking", "", "--placed", "2026-11-03")
    assert second.returncode == 0, second.stderr
    whole = json.loads(run(tmp_path, "export", "--json").stdout)["orders"]
    numbers = {o["order_id"]: [p["number"] for p in o["parcels"]] for o in whole}
    assert numbers == {ORDER: ["LP00700000000017", "RB123456785CN"], "8190000000000002": []}
    assert ",DE," in run(tmp_path, "export", "--csv").stdout
    for slip in (
        ["--completed", "2062-11-03"],
        ["--protection-until", "2026-01-20"],
        ["--country", "Atlantis"],
    ):
        refused = run(tmp_path, "edit", ORDER, *slip)
        assert (refused.returncode, refused.stdout) == (2, ""), slip


def test_an_order_added_again_still_goes_where_it_went(tmp_path: Path) -> None:
    home = '[general]\nhome_country = "DE"\n[notify]\ndesktop = false\n'
    (tmp_path / "config.toml").write_text(home)
    add(tmp_path, "--country", "fr")
    assert "unchanged" in add(tmp_path).stdout


def test_a_correction_by_hand_counts_against_an_imported_day_that_was_wrong(tmp_path: Path) -> None:
    table = tmp_path / "orders.csv"
    table.write_text(f"order_id,placed_on,protection_until\n{ORDER},2026-11-03,2027-01-05\n")
    run(tmp_path, "import", str(table))
    run(tmp_path, "edit", ORDER, "--protection-until", "2027-01-20")
    assert "1 unchanged" in run(tmp_path, "import", str(table)).stdout
    deadlines = json.loads(run(tmp_path, "status", "--json").stdout)["orders"][0]["deadlines"]
    assert [d["last_safe_day"] for d in deadlines if d["kind"] == "protection_end"] == ["2027-01-19"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "999"], 1, "No order 999"),
        (["dispute", "999", "--dry-run"], 1, "No order 999"),
        (["check", "999"], 1, "No order 999"),
        (["received", "999"], 1, "No order 999"),
        (["add", "12 34", "--tracking", "LP1", "--placed", "2026-11-03"], 2, "no order number"),
        (["add", ORDER, "--tracking", "LP00700000000017", "--placed", "31.11.2026"], 2, "YYYY-MM-DD"),
        (
            ["add", ORDER, "--tracking", "LP00700000000017", "--placed", "2026-11-03", "--amount", "twelve"],
            2,
            "12.34 USD",
        ),
        (
            ["add", ORDER, "--tracking", "LP00700000000017", "--placed", "2026-11-03", "--carrier", "dhll"],
            2,
            "dhll",
        ),
        (["add", ORDER], 2, "--tracking"),
        (["snooze", ORDER, "two"], 2, "'two' is not a valid whole number."),
        (["add", ORDER, "--tracking", "pending", "--placed", "2026-11-03"], 2, "tracking holds 'PENDING'"),
        (["add", ORDER, "--tracking", "", "--placed", "2062-11-03"], 2, "still to come"),
        (["add", "AB-12345", "--tracking", "", "--placed", "2026-11-03"], 2, "no order number of AliExpress"),
        (
            ["add", ORDER, "--tracking", "", "--placed", "2026-11-03", "--protection-until", "2026-01-20"],
            2,
            "before the day of the order",
        ),
        (
            ["add", ORDER, "--tracking", "", "--placed", "2026-11-03", "--shipped", "2062-01-20"],
            2,
            "still to come",
        ),
        (
            ["add", ORDER, "--tracking", "", "--placed", "2026-11-03", "--country", "Atlantis"],
            2,
            "two letters",
        ),
        (["draft", ORDER, "--kind", "poem"], 2, "seller-message"),
        (["nonsense"], 2, "nonsense"),
        (["import", "missing.csv"], 1, "missing.csv"),
    ],
)
def test_bad_input_gets_one_sentence_and_its_exit_code(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_broken_config_names_key_and_line_and_touches_nothing(tmp_path: Path) -> None:
    add(tmp_path)
    (tmp_path / "config.toml").write_text("[notify]\ndesktp = false\n")
    done = run(tmp_path, "status")
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "desktop" in done.stderr
    (tmp_path / "config.toml").write_text("[notify]\ndesktop = false\n")
    assert ORDER in run(tmp_path, "status").stdout


def test_the_plan_of_a_dispute_opens_nothing(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    done = run(tmp_path, "dispute", ORDER, "--dry-run", "--json")
    plan = json.loads(done.stdout)
    assert (plan["received"], plan["solution"], plan["amount"]) == (
        False,
        "refund_only",
        {"value": "12.34", "currency": "USD"},
    )
    assert ORDER in plan["text"]
    assert not (tmp_path / "data" / "browser-profile").exists()


@pytest.mark.parametrize(("situation", "reason", "solution"), [
    ("quality", "quality", "refund_only"), ("not-as-described", "not_as_described", "refund_only"),
    ("not-working", "not_working", "refund_only"), ("damaged", "damaged", "refund_only"),
    ("wrong-item", "wrong_item", "refund_only"), ("incomplete", "quantity_shortage", "refund_only"),
    ("empty-parcel", "empty_parcel", "refund_only"), ("counterfeit", "counterfeit", "return_and_refund"),
])  # fmt: skip
def test_goods_that_came_are_claimed_as_received(
    tmp_path: Path, situation: str, reason: str, solution: str
) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    wanted = ["--solution", solution.replace("_", "-")] if solution != "refund_only" else []
    done = run(
        tmp_path, "dispute", ORDER, "--situation", situation, "--fact", "the seam is open", *wanted, "--dry-run", "--json"
    )  # fmt: skip
    plan = json.loads(done.stdout)
    assert (plan["received"], plan["reason"], plan["solution"]) == (True, reason, solution)
    assert "The seam is open." in plan["text"]


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--situation", "quality"], 1, "only you know what is wrong"),
    (["--situation", "free-return"], 1, "known to have a free return"),
    (["--situation", "evidence"], 1, "no open dispute"),
    (["--solution", "return-and-refund"], 2, "there is refund-only"),
    (["--situation", "disagree", "--fact", "x", "--solution", "refund-only"], 2, "no solution to choose"),
    (["--situation", "bad-luck"], 2, "there are not-received, delivered-elsewhere, quality"),
])  # fmt: skip
def test_a_form_that_does_not_fit_says_why(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    done = run(tmp_path, "dispute", ORDER, *words, "--dry-run")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", "").split())


def test_the_plan_of_an_answer_is_about_the_case_alone(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    run(tmp_path, "case", ORDER, "--state", "waiting_buyer", "--offer", "3.00 USD")
    plan = json.loads(
        run(tmp_path, "dispute", ORDER, "--situation", "disagree", "--dry-run", "--json").stdout
    )
    assert (plan["form"], plan["received"], plan["solution"]) == ("disagree", None, None)
    assert "12.34 USD" in plan["text"]


def test_cancelling_is_planned_and_nothing_recorded(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    plan = json.loads(run(tmp_path, "cancel", ORDER, "--dry-run", "--json").stdout)
    assert plan == {"order_id": ORDER, "form": "cancel", "reason": "no_longer_wanted"}
    kinds = [row["kind"] for row in json.loads(run(tmp_path, "show", ORDER, "--json").stdout)["dates_shown"]]
    assert "cancel_requested" not in kinds


def test_a_shipped_order_is_not_cancelled(tmp_path: Path) -> None:
    rows = [{"order_id": ORDER, "placed_on": "2026-11-03", "order_state": "shipped"}]
    (tmp_path / "orders.json").write_text(json.dumps(rows))
    run(tmp_path, "import", str(tmp_path / "orders.json"))
    done = run(tmp_path, "cancel", ORDER, "--dry-run")
    assert done.returncode == 2
    assert "only one not yet shipped" in done.stderr


def test_a_claim_above_what_was_paid_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    done = run(tmp_path, "dispute", ORDER, "--dry-run", "--amount", "99")
    assert done.returncode == 2
    assert "12.34 USD paid" in done.stderr


@pytest.mark.parametrize("kind", ["seller-message", "post-office", "not-received"])
def test_drafts_hold_the_facts(tmp_path: Path, kind: str) -> None:
    add(tmp_path)
    done = run(tmp_path, "draft", ORDER, "--kind", kind)
    assert done.returncode == 0
    assert "LP00700000000017" in done.stdout


def test_a_draft_takes_the_users_own_words_figure_and_language(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    words = [
        "draft",
        ORDER,
        "--kind",
        "incomplete",
        "--fact",
        "left shoe missing",
        "--amount",
        "5",
        "--language",
    ]
    done = run(tmp_path, *words, "de")
    assert done.returncode == 0
    assert "Left shoe missing." in done.stdout
    assert "a refund of 5 USD" in done.stdout
    assert "eine Erstattung von 5 USD" in done.stderr
    assert "Attach: ein Foto von allem" in done.stderr
    read = json.loads(run(tmp_path, *words, "fr", "--json").stdout)
    assert (read["reason"], read["language"]) == ("quantity_shortage", "fr")
    assert "un remboursement de 5 USD" in read["translation"]
    assert read["evidence"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--kind", "quality"], 1, "--fact"),
        (["--kind", "quality", "--fact", "x", "--language", "xx"], 2, "there are de, en"),
        (["--kind", "quality", "--fact", "x", "--amount", "99"], 2, "12.34 USD paid"),
        (["--kind", "quality", "--fact", "x", "--amount", "3 EUR"], 2, "paid in USD"),
        (["--kind", "post-office", "--amount", "3"], 2, "no place in post-office"),
        (["--kind", "not-received", "--limit", "20"], 2, "--limit"),
    ],
)
def test_a_draft_that_cannot_be_written_says_why(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    done = run(tmp_path, "draft", ORDER, *words)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_a_claim_of_less_says_so_in_the_text(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    plan = json.loads(run(tmp_path, "dispute", ORDER, "--dry-run", "--amount", "5", "--json").stdout)
    assert plan["amount"]["value"] == "5"
    assert "a refund of 5 USD" in plan["text"]


def test_a_draft_claims_nothing_the_data_does_not_bear(tmp_path: Path) -> None:
    add(tmp_path)
    done = run(tmp_path, "draft", ORDER, "--kind", "delivered-elsewhere")
    assert done.returncode == 1
    assert "no carrier shows" in done.stderr


def test_doctor_looks_at_everything(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, "doctor", "--json").stdout)
    assert {"python", "clock", "config", "store", "browser", "display", "desktop notices", "carriers"} <= {
        f["name"] for f in found
    }


def test_exit_code_tells_that_something_needs_attention(tmp_path: Path) -> None:
    add(tmp_path, "--protection-until", "2020-01-01")
    assert run(tmp_path, "status").returncode == 0
    assert run(tmp_path, "status", "--exit-code").returncode in (0, 10)


def test_ctrl_c_in_the_daemon_ends_it_clean(tmp_path: Path) -> None:
    add(tmp_path)
    (tmp_path / "config.toml").write_text("[notify]\ndesktop = false\n[carriers.cainiao]\nenabled = false\n")
    command = [
        sys.executable,
        "-m",
        "monitor",
        "--config",
        str(tmp_path / "config.toml"),
        "--data-dir",
        str(tmp_path / "data"),
        "run",
    ]
    daemon = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert daemon.stderr is not None
    assert "Watching" in daemon.stderr.readline()
    second = run(tmp_path, "run")
    assert second.returncode == 1
    assert "already running" in second.stderr
    daemon.send_signal(signal.SIGINT)
    assert daemon.wait(20) == 0
    assert "Traceback" not in daemon.stderr.read()
    daemon.stderr.close()


def test_a_case_is_recorded_by_hand_and_its_answer_is_asked_for(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    assert "no case" in run(tmp_path, "case", ORDER).stderr
    done = run(tmp_path, "case", ORDER, "--state", "waiting_buyer", "--offer", "5.00 USD", "--json")
    document = json.loads(done.stdout)
    assert [(c["state"], c["refund"]) for c in document["cases"]] == [("waiting_buyer", "5.00")]
    assert document["advice"]["action"] == "answer_case"
    assert run(tmp_path, "case", ORDER, "--state", "refunded").returncode == 0
    assert json.loads(run(tmp_path, "case", ORDER, "--json").stdout)["advice"]["action"] == "follow_refund"
    assert run(tmp_path, "case", ORDER, "--state", "won").returncode == 2
    assert run(tmp_path, "case", ORDER, "--offer", "6.00 USD").returncode == 2


def test_a_question_answered_no_changes_nothing(tmp_path: Path) -> None:
    add(tmp_path)
    said = run(tmp_path, "remove", ORDER, typed="n\n")
    assert (said.returncode, said.stderr) == (1, "Aborted!\n")
    assert ORDER in run(tmp_path, "status").stdout


@pytest.mark.parametrize(
    ("words", "first"),
    [(["--help"], ["demo", "init", "login"]), (["service", "--help"], ["install", "uninstall", "status"])],
)
def test_help_lists_the_commands_as_a_user_meets_them(
    tmp_path: Path, words: list[str], first: list[str]
) -> None:
    listed = run(tmp_path, *words).stdout.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed[:3]] == first


def test_ctrl_c_while_the_program_is_still_loading_shows_no_traceback() -> None:
    pressed = """
import sys
class Pressed:
    def find_spec(self, name, *_):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Pressed())
from monitor.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", pressed], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("code_page", ["cp1252", "cp437", "ascii"])
def test_a_title_the_code_page_of_a_pipe_does_not_know_hides_no_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code_page: str
) -> None:
    title = "灯 ✓ \N{GRINNING FACE}"
    add(tmp_path, "--title", title)
    monkeypatch.setenv("PYTHONIOENCODING", code_page)
    shown = run(tmp_path, "status")
    assert (shown.returncode, shown.stderr.count("fault")) == (0, 0)
    assert ORDER in shown.stdout
    assert json.loads(run(tmp_path, "status", "--json").stdout)["orders"][0]["title"] == title
    helped = subprocess.run(
        [sys.executable, "-m", "monitor", "sync", "--help"], capture_output=True, timeout=60
    )
    assert (helped.returncode, helped.stderr) == (0, b"")


@pytest.mark.skipif(os.name == "nt", reason="a shell closes the streams")
@pytest.mark.parametrize(
    ("words", "closed", "code"),
    [
        (["status"], ">&-", 0),
        (["status"], ">&- 2>&-", 0),
        (["remove", ORDER], "<&-", 1),
        (["show", "9"], "2>&-", 1),
    ],
)
def test_a_stream_that_is_closed_leads_nowhere(
    tmp_path: Path, words: list[str], closed: str, code: int
) -> None:
    add(tmp_path)
    places = ["--config", str(tmp_path / "config.toml"), "--data-dir", str(tmp_path / "data")]
    command = shlex.join([sys.executable, "-m", "monitor", *places, *words])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, "fault" in done.stderr) == (code, False), done.stderr
    assert ORDER in run(tmp_path, "status").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_is_told_how_to_complete(tmp_path: Path, shell: str) -> None:
    assert f"_PARCELWARDEN_COMPLETE={shell}_complete" in run(tmp_path, "--completion", shell).stdout


def test_commands_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PARCELWARDEN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "parcelwarden service un")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run(tmp_path).stdout == "plain,uninstall\n"


# -- what no store can hold, and what no disk takes ---------------------------------------------------------------
def one_line(tmp_path: Path, *words: bytes | str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """How a command ends that is refused, and its one sentence; it runs in a folder that stays empty."""
    here = tmp_path / "here"
    here.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *words], cwd=here, env={**os.environ, **(env or {})},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "unexpected fault" not in done.stderr
    assert list(here.iterdir()) == []
    return done.returncode, done.stderr


@pytest.mark.parametrize("option", ["--data-dir", "--config"])
def test_a_place_left_empty_is_not_the_folder_one_stands_in(tmp_path: Path, option: str) -> None:
    code, said = one_line(tmp_path, option, "", "status")
    assert (code, f"{option}: no path is given" in said) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--data-dir", b"\xff", "status"], "--data-dir"),
        (["show", b"\xff"], "ORDER"),
        (["check", ORDER, b"8190\xff"], "ORDER"),
        (["edit", ORDER, "--title", b"Gr\xf6\xdfe"], "--title"),
        (["add", ORDER, "--placed", "2026-11-03", "--tracking", b"LP\xff"], "--tracking"),
        (["explain", b"\xff", "--label", "InTransit"], "TEXT"),
        (["backup", b"\xff.sqlite3"], "FILE"),
        (["db", "copy", "--to", b"\xff.sqlite3"], "--to"),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_the_name_of_what_holds_them(
    tmp_path: Path, words: list[str | bytes], named: str
) -> None:
    own_folder = {"XDG_DATA_HOME": str(tmp_path / "data")}
    code, said = one_line(tmp_path, *words, env=own_folder)
    assert code == 2
    assert f"{named} “" in said
    assert "not written in UTF-8" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_file_to_be_read_may_be_named_in_any_bytes(tmp_path: Path) -> None:
    orders = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Bestellungen f\xfcr uns.csv"))
    orders.write_text(f"order_id,placed_on\n{ORDER},2026-11-03\n")
    assert run(tmp_path, "import", str(orders)).stdout.startswith("1 order added")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "words", [["status"], ["status", "--json"], ["show", ORDER], ["export", "--csv"], ["edit", ORDER, "--title", "Lamp"], ["--help"]]
)  # fmt: skip
def test_output_that_finds_no_room_is_told_in_one_line(
    tmp_path: Path, words: list[str], *, buffered: bool
) -> None:
    add(tmp_path)
    places = ("--config", str(tmp_path / "config.toml"), "--data-dir", str(tmp_path / "data"))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *places, *words], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, env={**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"},
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "could not be written (No space left on device)" in done.stderr
    if words[0] == "edit":
        assert "Lamp" in run(tmp_path, "show", ORDER).stdout


def test_numbers_copied_with_blanks_in_them_are_one_order_and_one_parcel(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "add",
        " 8190 0000 0000 0001",
        "--tracking",
        "00340434 161234 567890",
        "--placed",
        "2026-11-03",
    )
    assert done.returncode == 0, done.stderr
    order = json.loads(run(tmp_path, "show", "8190 0000 0000 0001 ", "--json").stdout)
    assert order["order_id"] == ORDER
    assert [parcel["number"] for parcel in order["parcels"]] == ["00340434161234567890"]


def test_a_time_zone_nobody_knows_is_said_in_one_sentence_that_helps(tmp_path: Path) -> None:
    add(tmp_path)
    command = [sys.executable, "-m", "monitor", "--data-dir", str(tmp_path / "data"), "status"]
    for zone in ("bogus", "CET-1CEST,M3.5.0,M10.5.0/3"):
        done = subprocess.run(
            [*command], capture_output=True, text=True, timeout=60,
            env={**os.environ, "TZ": zone, "XDG_CONFIG_HOME": str(tmp_path)},
        )  # fmt: skip
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert zone in done.stderr
        assert 'timezone = "Europe/Berlin"' in done.stderr


def test_what_is_printed_reads_like_a_sentence(tmp_path: Path) -> None:
    nothing = run(tmp_path, "check")
    assert nothing.stdout == "0 numbers asked, 0 changes.\n"
    assert "parcelwarden import FILE" in nothing.stderr
    table = tmp_path / "orders.csv"
    table.write_text(f"order_id,placed_on,amount,protection_until\n{ORDER},2026-11-03,12.34 USD,2027-01-20\n")
    assert "1 order added, 0 changed" in run(tmp_path, "import", str(table)).stdout
    shown = run(tmp_path, "show", ORDER).stdout.splitlines()
    assert shown[0] == f"Order {ORDER} (aliexpress) 12.34 USD"
    assert "    import says 2027-01-20" in shown
    assert "Asked" not in shown, "nobody was asked"
    folder = run(tmp_path, "import", str(tmp_path))
    assert "name the files in it" in folder.stderr
    assert run(tmp_path, "explain", "qwertz").stdout == "Unknown (no rule knows this text)\n"


def test_the_first_day_of_a_dispute_is_not_called_over(tmp_path: Path) -> None:
    run(tmp_path, "add", ORDER, "--tracking", "", "--placed", "2026-10-01", "--shipped", "2026-10-03")
    shown = run(tmp_path, "show", ORDER).stdout.splitlines()
    first_day = next(line for line in shown if "Dispute can be opened from" in line)
    assert first_day.endswith("that day has come)")


def test_a_warning_at_the_terminal_names_the_order_as_the_next_command_wants_it(tmp_path: Path) -> None:
    run(tmp_path, "add", ORDER, "--tracking", "", "--placed", "2026-11-03")
    lines = [line for line in run(tmp_path, "check").stdout.splitlines() if line.startswith("! ")]
    assert any(f"Order {ORDER}" in line for line in lines), lines
    assert all("No carrier has" not in line for line in lines), "there is no number anybody was asked about"


def test_an_amount_without_its_currency_is_taken_and_the_currency_asked_for(tmp_path: Path) -> None:
    done = add(tmp_path, "--amount", "12.50")
    assert done.returncode == 0
    assert f'edit {ORDER} --amount "12.50 USD"' in done.stderr
    assert run(tmp_path, "edit", ORDER, "--amount", "12.50 usd").stderr == ""
    assert run(tmp_path, "edit", ORDER, "--amount", "11.50").stderr == "", "it is known by now"
    assert json.loads(run(tmp_path, "show", ORDER, "--json").stdout)["amount"] == {
        "value": "11.50",
        "currency": "USD",
    }


def test_a_photo_that_is_not_there_is_said_before_anything_opens(tmp_path: Path) -> None:
    add(tmp_path, "--amount", "12.34 USD")
    done = run(tmp_path, "dispute", ORDER, "--dry-run", "--photo", str(tmp_path / "lamp.jpg"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "lamp.jpg: there is no such file" in done.stderr
    (tmp_path / "lamp.jpg").write_bytes(b"a photo")
    assert (
        "lamp.jpg"
        in run(tmp_path, "dispute", ORDER, "--dry-run", "--photo", str(tmp_path / "lamp.jpg")).stdout
    )
