"""Carriers' codes and words: what they mean, and above all what they do not mean."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scrapers.status import classify, codes, rules, words

HERE = Path(__file__).parent
STATUS = Path(codes.__file__).parent
TAGS = {
    "Pending", "InfoReceived", "InTransit", "OutForDelivery", "AttemptFail", "Delivered", "AvailableForPickup",
    "Exception", "Expired", "Unknown",
}  # fmt: skip


def tag(text: str, **known: str) -> str:
    return classify(text, **known).tag


def phrases() -> list[tuple[str, str, str]]:
    with (HERE / "status_phrases.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["language"], row["tag"], row["text"]) for row in rows]


@pytest.mark.parametrize(("language", "expected", "text"), phrases())
def test_words_in_every_language(language: str, expected: str, text: str) -> None:
    status = classify(text)
    assert status.tag == expected, status
    assert tag(text, language=language) == expected


def test_every_language_has_phrases() -> None:
    assert {language for language, _, _ in phrases()} == set(words.languages())


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "cs", "zh", "ja",
                                      "ko", "vi", "tr", "he", "da", "sv", "fi"])  # fmt: skip
def test_every_language_has_its_traps_written_down(language: str) -> None:
    assert {t for of, t, _ in phrases() if of == language} >= TAGS - {"Pending", "Expired", "Unknown"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ZUSTELLUNG ERFOLGREICH", "Delivered"),
        ("Die Sendung wurde dem Empfaenger uebergeben", "Delivered"),
        ("Die Sendung wurde dem Empfanger ubergeben", "Delivered"),
        ("Pakken er klar til afhentning paa posthuset", "AvailableForPickup"),
        ("Le colis a &eacute;t&eacute; livr&eacute;", "Delivered"),
        ("&#1042;&#1088;&#1091;&#1095;&#1077;&#1085;&#1086;", "Delivered"),
        ("<b>Out for delivery</b><br/>", "OutForDelivery"),
        ("<User not at home>", "AttemptFail"),
        ("TESLİM EDİLDİ", "Delivered"),
        ("Giao hang khong thanh cong", "AttemptFail"),
        ("Giao hang thanh cong", "Delivered"),
        ("貨件已送達收件人", "Delivered"),
        ("已送達取貨門市", "AvailableForPickup"),
        ("Bezorgd bij PostNL-locatie", "AvailableForPickup"),
        (
            "\u1107\u1162\u1103\u1161\u11af\u110b\u116a\u11ab\u1105\u116d",
            "Delivered",
        ),  # Korean in single letters
        ("[SHENZHEN, CN] LX123456785CN: Out for delivery... 12.05.2025 14:30", "OutForDelivery"),
    ],
)
def test_however_it_is_written(text: str, expected: str) -> None:
    assert tag(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Expected delivery date: 12/06", "InTransit"),
        ("Delivered by Royal Mail", "Delivered"),
        ("Your driver is 5 stops away", "OutForDelivery"),
        ("Das Paket wurde beim Nachbarn abgegeben", "Delivered"),
        ("Aún no hemos recibido el paquete", "InfoReceived"),
        ("Вручено адресату почтальоном", "Delivered"),
        ("Il corriere è in viaggio verso di te", "OutForDelivery"),
        ("Doručenie sa nepodarilo", "AttemptFail"),
        ("נמסר לנמען ביחידת הדואר", "Delivered"),
        ("Entregue", "Delivered"),
        ("Дані про відправлення отримано", "InfoReceived"),
        ("已送达青岛", "Unknown"),
    ],
)
def test_what_first_was_read_wrongly(text: str, expected: str) -> None:
    assert tag(text) == expected


# "Delivered" in a text that is no delivery to the recipient.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Delivered to the customs terminalr", "InTransit"),
        ("Delivered to a service point", "AvailableForPickup"),
        ("Delivered by driver to Pickup parcelshop", "AvailableForPickup"),
        ("The parcel has been handed over to the Parcelshop", "AvailableForPickup"),
        ("Delivered to UPS Access Point", "AvailableForPickup"),
        ("Delivered to Agent for final delivery", "InTransit"),
        ("Delivered to the post office", "AvailableForPickup"),
        ("Delivered to our partner", "InTransit"),
        ("Delivered to airline", "InTransit"),
        ("Will be delivered in the coming days", "InTransit"),
        ("Expected to be delivered by Friday", "InTransit"),
        ("It could not be delivered", "AttemptFail"),
        ("Not delivered", "AttemptFail"),
        ("Delivered to original sender", "Exception"),
        ("Delivered at the sender", "Exception"),
        ("Return delivered", "Exception"),
        ("Вручение отправителю", "Exception"),
        ("Відправлення вручено: відправнику", "Exception"),
        ("Proof of delivery delivered", "Unknown"),
        ("Nachricht zugestellt", "Unknown"),
        ("Delivered to Bilbo", "Unknown"),
    ],
)
def test_delivered_to_somebody_else_is_not_delivered(text: str, expected: str) -> None:
    assert tag(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Recipient requested delivery to a neighbour",
        "Safe place requested by recipient",
        "Left with our delivery partner",
        "Left card in letterbox",
        "Final delivery attempt tomorrow",
        "Delivered to a different address by mistake",
        "Delivered to recipient's post office",
        "The package was reportedly delivered but is missing",
        "Delivered 0 of 1",
        "Delivered to Frankfurt",
        "Placed in mailbox of sender",
        "Received by recipient's local depot",
        "Wunschnachbar wurde gewählt",
        "Rechnung zugestellt",
        "Mitteilung dem Empfänger zugestellt",
        "Le destinataire a choisi une livraison chez un voisin",
        "El destinatario ha solicitado entrega en buzón",
        "Avviso consegnato al destinatario",
        "Notificação entregue ao destinatário",
        "Kennisgeving afgeleverd bij ontvanger",
        "Awizo doręczono adresatowi",
        "Oznámení doručeno adresátovi",
        "Отправление направлено адресату",
        "Сповіщення вручено адресату",
        "已通知收件人签收",
        "请本人签收",
        "通知单已投递至信箱",
        "不在配達票を投函しました",
        "고객님께 알림이 전달되었습니다",
        "Thông báo đã giao cho người nhận",
        "Bildirim alıcıya teslim edildi",
        "הודעה נמסרה לנמען",
        "Besked afleveret i postkassen",
        "Avi lämnad i brevlådan",
        "Saapumisilmoitus jätetty postilaatikkoon",
    ],
)
def test_a_message_a_wish_or_a_mistake_is_no_delivery(text: str) -> None:
    assert tag(text) != "Delivered"


# Delivered wrongly, to a town or a country, to somebody on the way, or in a promise.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mis-delivered, being retrieved", "Exception"),
        ("Falsch zugestellt", "Exception"),
        ("Verkeerd bezorgd", "Exception"),
        ("Bezorgd bij de verkeerde buren", "Exception"),
        ("Błędnie doręczona", "Exception"),
        ("Ошибочно вручено", "Exception"),
        ("Yanlış teslim edildi", "Exception"),
        ("Objeto entregue incorretamente", "Exception"),
        ("误签收", "Exception"),
        ("虚假签收", "Exception"),
        ("Delivered to recipient's city", "InTransit"),
        ("Livré dans la ville du destinataire", "InTransit"),
        ("Доставлено в город получателя", "InTransit"),
        ("Доставлено до міста одержувача", "InTransit"),
        ("Delivered to destination country", "InTransit"),
        ("Delivered to the recipient's country", "InTransit"),
        ("Consegnato nel paese di destinazione", "Unknown"),
        ("已送达目的国", "Unknown"),
        ("Signed for by courier", "InTransit"),
        ("Retrieved by courier", "Unknown"),
        ("Colis retiré par le transporteur", "Unknown"),
        ("Afgehaald door koerier", "InTransit"),
        ("נאסף מהלקוח", "InTransit"),
        ("Отримано перевізником", "InTransit"),
        ("Picked up by recipient's carrier", "InTransit"),
        ("Item received by recipient's post", "InTransit"),
        ("入库签收", "InTransit"),
        ("航司签收", "InTransit"),
        ("菜鸟仓签收", "InTransit"),
        ("门店签收", "AvailableForPickup"),
        ("智能快件箱签收", "AvailableForPickup"),
        ("Delivered to Out of Home location", "AvailableForPickup"),
        ("Die Zustellung erfolgt heute", "OutForDelivery"),
        ("Zustellung erfolgt am 12.05.2026", "InTransit"),
        ("Lieferung erfolgt nach Zahlung", "Exception"),
        ("Pode ser entregue", "InTransit"),
        ("Para ser entregado", "InTransit"),
        ("До вручення", "Unknown"),
        ("Must be signed by recipient", "InTransit"),
        ("需签收", "Unknown"),
        ("Code delivered to recipient", "Unknown"),
    ],
)
def test_delivered_elsewhere_wrongly_or_one_day_is_not_delivered(text: str, expected: str) -> None:
    status = classify(text)
    assert status.tag == expected, status


@pytest.mark.parametrize(
    "text",
    ["Zustellung erfolgt", "Die Zustellung ist erfolgt", "Delivered to recipient's mailbox", "Delivered by courier, signed by recipient",
     "Package Retrieved from UPS Access Point™", "Collected from parcel locker", "Votre colis a été retiré par le destinataire",
     "Відправлення отримано", "Người nhận đã nhận hàng", "Telah berjaya dihantar", "已签收，签收人：张三", "[深圳市] 快件已签收 签收人 李四"],
)  # fmt: skip
def test_and_what_sounds_alike_is(text: str) -> None:
    assert tag(text) == "Delivered"


@pytest.mark.parametrize(
    "text",
    ["USPS Awaiting Item", "Picked Up by Shipping Partner, USPS Awaiting Item", "Order data transmitted",
     "Shipment information received", "Label created, not yet in system"],
)  # fmt: skip
def test_a_label_is_no_parcel(text: str) -> None:
    assert tag(text) == "InfoReceived"
    assert classify(text).stage == "label"


def test_a_parcel_being_packed_is_pending() -> None:
    assert tag("Waiting to be packed") == "Pending"


@pytest.mark.parametrize("text", ["Held by customs", "Retained by customs", "Задержано таможней", "出口海关/留存待验",
                                  "Задержка на таможне"])  # fmt: skip
def test_held_by_customs_is_an_exception(text: str) -> None:
    assert classify(text).subtag == "Exception_004"


@pytest.mark.parametrize("text", ["Presented to customs", "送交进口海关", "Передано таможне", "In clearance"])
def test_presented_to_customs_is_not(text: str) -> None:
    assert classify(text).subtag == "InTransit_006"


def test_customer_is_not_customs() -> None:
    assert tag("Picked up from customer") == "InTransit"
    assert "customs" not in classify("Customer notified, parcel on the way").rule


@pytest.mark.parametrize(
    ("text", "subtag"),
    [
        ("Returned to sender", "Exception_011"),
        ("Return to sender initiated", "Exception_010"),
        ("Parcel lost", "Exception_013"),
        ("Parcel damaged", "Exception_012"),
        ("Refused by recipient", "Exception_003"),
        ("Incorrect address", "Exception_007"),
        ("Awaiting payment of duties", "Exception_006"),
        ("Delivered to neighbour", "Delivered_005"),
        ("Collected by the recipient", "Delivered_002"),
        ("Nobody at home", "AttemptFail_002"),
        ("Arrived in destination country", "InTransit_004"),
    ],
)
def test_subtags(text: str, subtag: str) -> None:
    assert classify(text).subtag == subtag


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Departed from origin country", "line_haul"),
        ("Flight departed", "line_haul"),
        ("Arrived in destination country", "arrived"),
        ("Import customs clearance started", "import_customs"),
        ("Export customs clearance complete", "export_customs"),
        ("Out for delivery", "out_for_delivery"),
        ("Ready for pickup", "pickup"),
        ("Picked up from sender", "accepted"),
        ("Label created", "label"),
        ("Arrived at facility", ""),
        ("Arrived at sorting center in country of origin", "origin"),
        ("Customs clearance started", ""),
    ],
)
def test_how_far_along_the_way(text: str, stage: str) -> None:
    assert classify(text).stage == stage


@pytest.mark.parametrize(
    "text", ["", "   ", "Hello world", "12345", "Carrier update", "preMainCode:XYZ123", "???"]
)
def test_what_nobody_understands_stays_unknown(text: str) -> None:
    assert classify(text).tag == "Unknown"
    assert classify(text).rule


@pytest.mark.parametrize(
    ("carrier", "code", "expected", "stage"),
    [
        ("cainiao", "GTMS_SIGNED", "Delivered", ""),
        ("cainiao", "GTMS_STA_SIGNED", "AvailableForPickup", "pickup"),
        ("cainiao", "CC_IM_START", "InTransit", ""),
        ("cainiao", "CC_IM_FAILURE", "Exception", "import_customs"),
        ("cainiao", "GTMS_OE_DEPART", "InTransit", ""),
        ("cainiao", "LH_ARRIVE", "InTransit", "arrived"),
        ("cainiao", "LH_DEPART", "InTransit", "line_haul"),
        ("cainiao", "GTMS_ACCEPT", "InTransit", "local_carrier"),
        ("cainiao", "GTMS_DO_ARRIVE", "InTransit", "local"),
        ("cainiao", "GWMS_ACCEPT", "Pending", "label"),
        ("cainiao", "SOME_RETURN_NEVER_SEEN", "Exception", ""),
        ("aliexpress", "AE_GTMS_SIGNED", "Delivered", ""),
        ("aliexpress", "AE_LH_DEPART_SUCCESS", "InTransit", "line_haul"),
        ("aliexpress", "AE_CC_EX_SUCCESS_SUCCESS", "InTransit", "export_customs"),
        ("aliexpress", "AE_ORDER_PAID", "Pending", ""),
        ("china_post", "EME", "Exception", "import_customs"),
        ("china_post", "203", "InTransit", "accepted"),
        ("upu", "EMI", "Delivered", ""),
        ("upu", "DLV", "Unknown", ""),
        ("4px", "FPX_S_OK", "Delivered", ""),
        ("4px", "FPX_S_OKRC", "InTransit", "import_customs"),
        ("4px", "FPX_D_OFD", "OutForDelivery", "out_for_delivery"),
        ("sunyou", "207", "AvailableForPickup", "pickup"),
        ("ukrposhta", "41000", "Delivered", ""),
        ("nova_poshta", "7", "AvailableForPickup", "pickup"),
        ("nova_poshta", "9", "Delivered", ""),
        ("la_poste", "DI2", "Exception", ""),
        ("correos", "I010000V", "Delivered", ""),
    ],
)
def test_the_carrier_s_own_code(carrier: str, code: str, expected: str, stage: str) -> None:
    status = classify("", carrier=carrier, code=code)
    assert (status.tag, status.stage) == (expected, stage)
    assert "code" in status.rule


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Parcel delivered", "Delivered"),
        ("Livré", "Delivered"),
        ("something nobody understands", "Delivered"),
        ("Arrived at facility", "Delivered"),
        ("Entregado en punto de recogida", "AvailableForPickup"),
        ("Delivered to sender", "Exception"),
        ("Delivery failed", "AttemptFail"),
        ("Delivered to the customs terminal", "InTransit"),
    ],
)
def test_words_overrule_a_code_that_says_delivered(text: str, expected: str) -> None:
    assert tag(text, carrier="cainiao", code="GTMS_SIGNED") == expected


def test_words_never_raise_another_code_to_delivered() -> None:
    assert tag("Delivered", carrier="cainiao", code="GTMS_STA_SIGNED") == "AvailableForPickup"
    assert tag("Delivered", carrier="cainiao", code="LH_ARRIVE") == "InTransit"
    assert tag("Delivered", carrier="dhl", code="transit") == "Unknown"


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("DELIVERED", "delivered", "Delivered"),
        ("Returned to the sender", "delivered", "Exception"),
        ("The shipment has been handed over to the Parcelshop", "delivered", "AvailableForPickup"),
        ("words nobody understands", "delivered", "Unknown"),
        ("words nobody understands", "transit", "InTransit"),
        ("Delivery attempted, nobody at home", "transit", "AttemptFail"),
    ],
)
def test_a_weak_code_only_hints(text: str, code: str, expected: str) -> None:
    assert tag(text, carrier="dhl", code=code) == expected


def test_an_unknown_code_leaves_it_to_the_words() -> None:
    assert tag("Out for delivery", carrier="cainiao", code="NEVER_SEEN") == "OutForDelivery"
    assert tag("Out for delivery", carrier="../codes/cainiao", code="GTMS_SIGNED") == "OutForDelivery"


@pytest.mark.parametrize("path", sorted((STATUS / "codes").glob("*.tsv")), ids=lambda path: path.stem)
def test_code_tables_are_sound(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    listed = [row["code"] for row in rows]
    assert len(listed) == len(set(listed))
    for row in rows:
        assert row["code"] == row["code"].upper().strip()
        assert row["tag"] in TAGS
        assert not row["subtag"] or re.fullmatch(rf"{row['tag']}_\d{{3}}", row["subtag"])
        assert row["weak"] in ("", "weak")
        assert row["meaning"]
        assert row["evidence"]


def test_rules_use_concepts_that_some_language_has() -> None:
    known = {"unknown_word", "unknown_words"}
    for language in words.languages():
        text = (STATUS / "words" / f"{language}.tsv").read_text(encoding="utf-8")
        known |= {line.split("\t")[0] for line in text.splitlines()[1:]}
    for name in ("rules.tsv", "stages.tsv"):
        for row in csv.DictReader((STATUS / name).read_text(encoding="utf-8").splitlines(), delimiter="\t"):
            assert {c.lstrip("!") for c in re.split(r"[ /]", row["when"])} <= known, row["rule"]
            assert row.get("tag", "Unknown") in TAGS


def test_every_concept_of_every_language_is_used_by_a_rule() -> None:
    used = {"-"} | rules.AGAINST_DELIVERY
    for name in ("rules.tsv", "stages.tsv"):
        for row in csv.DictReader((STATUS / name).read_text(encoding="utf-8").splitlines(), delimiter="\t"):
            used |= {c.lstrip("!") for c in re.split(r"[ /]", row["when"])}
    for language in words.languages():
        text = (STATUS / "words" / f"{language}.tsv").read_text(encoding="utf-8")
        assert {line.split("\t")[0] for line in text.splitlines()[1:]} <= used, language


def test_a_rule_for_delivered_always_listens_to_objections() -> None:
    for rule in rules._rules("rules.tsv"):
        if rule.tag == "Delivered":
            assert rule.when.objections >= rules.AGAINST_DELIVERY, rule.name


@given(st.text(max_size=200), st.sampled_from(["cainiao", "4px", "", "../x", "dhl"]), st.text(max_size=20),
       st.sampled_from(["en", "zh", "xx", ""]))  # fmt: skip
def test_nothing_raises(text: str, carrier: str, code: str, language: str) -> None:
    status = classify(text, carrier=carrier, code=code, language=language)
    assert status.tag in TAGS
    assert status.rule


def spoken(language: str, concept: str) -> list[str]:
    """Words of a language for a concept, as one would write them."""
    with (STATUS / "words" / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = [word for row in rows if row["concept"] == concept for word in row["words"].split(",")]
    return [word.partition("(")[0].replace("*", "").strip() for word in found]


@pytest.mark.parametrize("language", words.languages())
@pytest.mark.parametrize(
    "objection",
    [
        "not",
        "fail",
        "future",
        "to_sender",
        "attempt",
        "contacted",
        "return",
        "refused",
        "lost",
        "pickup_place",
        "depot",
    ],
)
def test_no_word_for_delivered_stands_against_an_objection(language: str, objection: str) -> None:
    for delivered in spoken(language, "delivered"):
        for word in spoken(language, objection)[:6]:
            for text in (f"{delivered} {word}", f"{word} {delivered}"):
                status = classify(text, language=language)
                # Whoever collects it does so at a pickup place or a depot.
                collected = objection in ("pickup_place", "depot") and status.rule.endswith(
                    ("collected by the recipient", "handed to the recipient at a pickup place")
                )
                assert status.tag != "Delivered" or collected, (text, status)


def test_no_language_never_heard_of_is_taken_for_a_delivery() -> None:
    """Without the words of its own language a text is read in its neighbours': no delivery may be heard there."""
    for language, expected, text in phrases():
        others = [words.lexicon(name).read(text) for name in words.languages() if name != language]
        rule = rules.decide(max(others, key=lambda reading: reading.depth).concepts)
        assert expected == "Delivered" or rule is None or rule.tag != "Delivered", (language, text)


DELIVERIES = [(language, text) for language, expected, text in phrases() if expected == "Delivered"]


@given(
    st.sampled_from(DELIVERIES),
    st.sampled_from(sorted(rules.AGAINST_DELIVERY | {"refused", "cancelled", "destroyed", "absent", "held"})),
    st.integers(min_value=0),
    st.sampled_from(["{delivered} {word}", "{word} {delivered}", "{delivered}. {word}!", "{word}: {delivered}"]),
    st.sampled_from([str, str.upper, str.title]),
    st.booleans(),
)  # fmt: skip
def test_no_delivery_in_any_language_survives_an_objection(
    delivery: tuple[str, str], objection: str, which: int, form: str, case: Callable[[str], str], named: bool
) -> None:
    language, delivered = delivery
    known = spoken(language, objection)
    assume(known)
    text = case(form.format(delivered=delivered, word=known[which % len(known)]))
    # Side by side the two may make a phrase that means something else: "ready for" + "shipment".
    assume(objection in words.lexicon(language).read(text).concepts)
    assert tag(text, **({"language": language} if named else {})) != "Delivered"
