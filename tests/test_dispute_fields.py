"""What AliExpress's words mean to us: reasons, fields, refusals, openers, and what must not be pressed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.forms import Control, Pressable, Sight
from scrapers.marketplaces.aliexpress import dispute
from scrapers.shape import LayoutChanged

# Options in wordings that labels.toml does not hold, in this order of meanings, and one that means none of them.
MEANINGS = ("returned_lost", "no_tracking", "in_transit", "customs", "wrong_address")
SEEN_NOWHERE = {
    "en": ("The tracking shows the parcel was lost or sent back", "There is no tracking info / the number is invalid",
           "My order is still on its way", "Customs is holding the parcel", "Shown as delivered, but I never got it", "Something else"),
    "de": ("Als zurückgesendet/storniert/verloren nachverfolgt", "Keine Informationen zur Verfolgung", "Paket noch auf dem Weg",
           "Vom Zoll einbehalten", "An falscher Adresse zugestellt", "Ich will es nicht mehr"),
    "fr": ("Suivi : retourné / annulé / perdu", "Pas d'information de suivi", "Commande toujours en transit",
           "Retenu par la douane", "Livré à la mauvaise adresse", "Je ne le veux plus"),
    "es": ("Rastreado como devuelto/cancelado/perdido", "No hay información de seguimiento", "Pedido aún en tránsito",
           "Retenido por aduanas", "Entregado en otra dirección", "Ya no lo necesito"),
    "it": ("Tracciato come reso/annullato/smarrito", "Nessun dato di tracciamento", "L'ordine è ancora in transito",
           "Fermo in dogana", "Consegnato all'indirizzo errato", "Non mi serve più"),
    "pt": ("Rastreamento: devolvido/cancelado/extraviado", "Nenhuma informação de rastreio", "Encomenda ainda em trânsito",
           "Retido pela alfândega", "Entregue em endereço incorreto", "Não preciso mais"),
    "nl": ("Tracking: geretourneerd/geannuleerd/kwijt", "Geen tracking beschikbaar", "Bestelling nog steeds onderweg",
           "Door de douane vastgehouden", "Op het verkeerde adres afgeleverd", "Niet meer nodig"),
    "pl": ("Przesyłka oznaczona jako zwrócona/anulowana/zagubiona", "Brak danych śledzenia", "Przesyłka w drodze",
           "Zatrzymana przez cło", "Dostarczono na niewłaściwy adres", "Nie chcę już tego"),
    "ru": ("Отслеживается как возвращён/отменён/утерян", "Нет данных отслеживания", "Заказ в пути", "Задержано таможней",
           "Доставлено не по тому адресу", "Больше не хочу"),
    "ko": ("반품/취소/분실로 조회됨", "배송 조회 정보 없음", "아직 배송 중입니다", "세관에서 보류 중", "다른 주소로 배송됨", "필요 없어졌음"),
    "ja": ("追跡結果：返送・キャンセル・紛失", "追跡情報がありません", "荷物は輸送中です", "税関で保留中", "違う住所に届けられた", "もう必要ない"),
    "ar": ("تم تتبعه كمرتجع / ملغى / مفقود", "لا معلومات عن التتبع", "الطرد في الطريق", "محتجز لدى الجمارك",
           "سُلّم إلى عنوان غير صحيح", "لا أريده"),
    "tr": ("Takipte iade/iptal/kayıp görünüyor", "Takip bilgisi mevcut değil", "Sipariş yolda", "Gümrükte tutuluyor",
           "Yanlış adrese teslim", "Artık gerek yok"),
    "he": ("מעקב: הוחזר/בוטל/אבד", "אין פרטי מעקב", "החבילה בדרך", "מעוכב במכס", "נמסר בכתובת הלא נכונה", "לא רוצה יותר"),
}  # fmt: skip


@pytest.mark.parametrize("language", SEEN_NOWHERE)
def test_a_reason_never_seen_is_chosen_right_or_not_at_all(language: str) -> None:
    options = SEEN_NOWHERE[language]
    for place, meaning in enumerate(MEANINGS):
        chosen = dispute.reason(options, f"not_received_{meaning}").index
        assert chosen in (place, None), (meaning, options[chosen or 0])


def test_most_reasons_never_seen_are_chosen() -> None:
    asked = [(options, place) for options in SEEN_NOWHERE.values() for place in range(len(MEANINGS))]
    right = sum(
        dispute.reason(options, f"not_received_{MEANINGS[place]}").index == place for options, place in asked
    )
    assert right >= 0.85 * len(asked), f"{right} of {len(asked)}"


@pytest.mark.parametrize("language", SEEN_NOWHERE)
def test_nothing_is_chosen_where_the_page_does_not_offer_it(language: str) -> None:
    for place, meaning in enumerate(MEANINGS):
        others = [option for i, option in enumerate(SEEN_NOWHERE[language]) if i != place]
        chosen = dispute.reason(others, f"not_received_{meaning}").index
        assert chosen is None, (meaning, others[chosen or 0])


def test_the_runner_up_is_told() -> None:
    choice = dispute.reason(SEEN_NOWHERE["en"], "not_received_customs")
    assert choice.index == 3
    assert choice.next_index is not None
    assert choice.next_index != 3


def test_a_general_not_received_stands_in_for_any_kind_of_it() -> None:
    options = ["I did not receive the package", "Item arrived damaged", "Other reasons"]
    assert dispute.reason(options, "not_received_in_transit").index == 0
    assert dispute.reason(options, "damaged").index == 1
    assert dispute.reason(options[1:], "not_received_in_transit").index is None


def test_a_solution_is_told_from_its_neighbour() -> None:
    for options in (["Return & refund", "Refund only"], ["Rückgabe und Rückerstattung", "Nur Rückerstattung"],
                    ["Devolución y reembolso", "Solo reembolso"], ["반품 및 환불", "환불만"], ["返品して返金", "返金のみ"]):  # fmt: skip
        assert dispute.solution(options, "refund_only").index == 1
        assert dispute.solution(options, "return_and_refund").index == 0


@pytest.mark.parametrize("text", [
    "Submit", "SUBMIT", " Submit request ", "Confirm received", "Confirm", "Next step", "Pay now", "Cancel order",
    "Absenden", "Empfang bestätigen", "Weiter", "Soumettre", "Confirmer la réception", "Enviar", "Confirmar recepción",
    "Invia", "Indienen", "Wyślij", "Отправить", "Подтвердить получение", "제출", "수령 확인", "送信", "受取確認",
    "إرسال", "Gönder", "שלח", "OK", "Yes, submit", "Agree and submit",
])  # fmt: skip
def test_what_sends_or_confirms_is_never_touched_in_any_language(text: str) -> None:
    assert dispute.is_never(text)
    for opener in ("returns", "yes", "no"):
        assert not dispute.is_opener(text, ["Have you received your package?"], opener)


@pytest.mark.parametrize("text", [
    "Returns/refunds", "Tracked as returned/canceled/lost", "Package still in transit", "No tracking information",
    "I no longer need this product", "Refund only", "No", "Nein", "Rückgabe/Rückerstattung", "환불만",
])  # fmt: skip
def test_what_leads_on_or_describes_may_be_touched(text: str) -> None:
    assert not dispute.is_never(text)


@pytest.mark.parametrize(("text", "question"), [
    ("No", "Have you received your package?"), ("Nein", "Haben Sie Ihr Paket erhalten?"),
    ("Non", "Avez-vous reçu votre colis ?"), ("No", "¿Has recibido tu paquete?"), ("Нет", "Вы получили свой заказ?"),
    ("아니요", "상품을 받으셨나요?"), ("いいえ", "荷物を受け取りましたか？"), ("لا", "هل استلمت طردك؟"), ("לא", "האם קיבלת את החבילה?"),
])  # fmt: skip
def test_no_is_an_answer_only_under_its_question(text: str, question: str) -> None:
    assert dispute.is_opener(text, [text, f"{question}\n{text}"], "no")
    assert not dispute.is_opener(text, [text, f"Delete the order?\n{text}"], "no")
    assert not dispute.is_opener(text, [text, f"Item received confirmation\n{question}\n{text}"], "no")
    assert not dispute.is_opener(text, [text, f"{question}\n{text}"], "yes")


def test_a_button_is_preferred_to_a_link_of_the_same_words() -> None:
    link, button = Pressable("Returns/refunds", tag="a", href="/p/help"), Pressable("Returns/refunds")
    assert dispute.openers(Sight("u", pressables=(link, button)), "returns") == [1]
    assert dispute.openers(Sight("u", pressables=(link,)), "returns") == [0]


@pytest.mark.parametrize(("sight", "barred"), [
    (Sight("https://login.aliexpress.com/?return_url=x"), "login_needed"),
    (Sight("https://www.aliexpress.com/p/order/index.html", marks=("#fm-login-id",)), "login_needed"),
    (Sight("https://passport.aliexpress.com/mini_login.htm"), "login_needed"),
    (Sight("https://www.aliexpress.com/_____tmd_____/punish?x5secdata=1"), "bot_check"),
    (Sight("https://www.aliexpress.com/p/order/index.html", marks=(".nc-container",)), "bot_check"),
    (Sight("https://www.aliexpress.com/p/order/index.html", title="Just a moment..."), "bot_check"),
    (Sight("https://www.aliexpress.com/p/order/index.html?tracelog=login", paragraphs=("Orders",)), None),
    (Sight("https://www.aliexpress.com/p/reverse-pages/start.html", controls=(Control("text"),),
           paragraphs=("Just a moment, we look into it",)), None),
])  # fmt: skip
def test_login_and_bot_checks_are_known(sight: Sight, barred: str | None) -> None:
    assert dispute.in_the_way(sight) == barred


@pytest.mark.parametrize("sentence", [
    "Your package is still in transit. You can apply after Dec 20, 2026.", "Ihr Paket ist noch unterwegs.",
    "Vous pourrez demander un remboursement à partir du 20 décembre.", "Podrá solicitar un reembolso después del 20 de diciembre.",
    "Посылка всё ещё в пути, подождите до 20 декабря.", "2026년 12월 20일 이후에 신청할 수 있습니다.", "12月20日以降に申請できます。",
])  # fmt: skip
def test_a_refusing_sentence_is_kept_word_for_word(sentence: str) -> None:
    assert dispute.refusal(Sight("u", paragraphs=("Apply for a refund", sentence))) == sentence


def test_other_sentences_are_no_refusal() -> None:
    assert dispute.refusal(Sight("u", paragraphs=("Apply for a refund", "Reason", "Refund only"))) == ""


REASON = Control("box", "Reason")
TEXT = Control("text", "Description")
SOLUTION = Control("marks", "Solution", ("Refund only", "Return & refund"))


@pytest.mark.parametrize(("controls", "expected"), [
    ((REASON, SOLUTION, TEXT, Control("file")), {"reason": 0, "solution": 1, "text": 2, "photos": 3, "videos": 3}),
    ((SOLUTION, REASON, Control("line", "Refund amount"), TEXT), {"solution": 0, "reason": 1, "amount": 2, "text": 3}),
    ((Control("marks", "", ("Package lost", "Held at customs")), TEXT), {"reason": 0, "text": 1}),
    ((Control("list", "Grund", ("Bitte wählen", "Paket verloren")), Control("text", "Beschreibung")), {"reason": 0, "text": 1}),
    ((Control("list", "Language", ("English", "Deutsch")), Control("list", "Reason", ("", "Package lost")), TEXT), {"reason": 1, "text": 2}),
    ((Control("line", "Search"), TEXT), {"text": 1}),
    ((Control("text", "Comment to the courier"), TEXT), {"text": 1}),
    ((), {}),
])  # fmt: skip
def test_fields_are_told_by_kind_and_meaning(controls: tuple[Control, ...], expected: dict[str, int]) -> None:
    assert dispute.fields(Sight("u", controls=controls)) == expected


def test_text_is_cut_after_a_sentence_else_after_a_word() -> None:
    text = "First point. Second point! Third"
    assert dispute.fit_text(text, 100) == text
    assert dispute.fit_text(text, 28) == "First point. Second point!"
    assert dispute.fit_text(text, 15) == "First point."
    assert dispute.fit_text("one two three", 9) == "one two"
    assert dispute.fit_text("abcdefgh", 4) == "abcd"
    assert dispute.fit_text("第一句。第二句。", 5) == "第一句。"
    assert len(dispute.fit_text("word " * 500, 0)) <= dispute.DEFAULT_TEXT_LIMIT


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    cut = dispute.fit_text(text, limit)
    assert len(cut.encode("utf-16-le", "surrogatepass")) // 2 <= limit
    assert text.strip().startswith(cut)


@pytest.mark.parametrize(("wanted", "control", "written", "most"), [
    (None, Control("line", value="24.90"), "", Decimal("24.90")),
    (None, Control("line", label="Amount", around="Amount At most US $24.90"), "24.90", Decimal("24.90")),
    (None, Control("line", most="24.9", number=True), "24.90", Decimal("24.9")),
    (None, Control("line"), "", None),
    (Decimal("10"), Control("line", value="24.90"), "10.00", Decimal("24.90")),
    (Decimal("30"), Control("line", value="24.90"), "24.90", Decimal("24.90")),
    (Decimal("30"), Control("line", around="Höchstens 24,90€"), "24,90", Decimal("24.90")),
    (Decimal("1500"), Control("line", around="Höchstens 1.249,90€"), "1249,90", Decimal("1249.90")),
    (Decimal("10"), Control("line"), "10.00", None),
    (Decimal("1000"), Control("line", around="Max. US $1,234.50"), "1000.00", Decimal("1234.50")),
    (Decimal("1500"), Control("line", around="Max. ₩3,500"), "1500", Decimal("3500")),
    (Decimal("12.34"), Control("line", value="12.34", around="US $12.34, of it shipping US $2.00"), "12.34", Decimal("12.34")),
    (Decimal("24.90"), Control("line", around="Höchstens 24,90€ (Ware 22,90€, Versand 2,00€)"), "24,90", Decimal("24.90")),
    (Decimal("20"), Control("line", value="24.90", around="shipping 2.00"), "20.00", Decimal("24.90")),
])  # fmt: skip
def test_the_amount_is_full_by_default_and_never_above_what_was_paid(
    wanted: Decimal | None, control: Control, written: str, most: Decimal | None
) -> None:
    assert dispute.fit_amount(wanted, control) == (written, most)


@pytest.mark.parametrize(("control", "written"), [
    (Control("line", value="289.00", label="Refund amount (CZK)"), ""),
    (Control("line", value="9.90"), ""),
    (Control("line"), "12.34"),
    (Control("line", value="0.00", around="Max. $9.90"), "9.90"),
    (Control("line", around="Order 8190000000000017, in full"), "12.34"),
])  # fmt: skip
def test_the_full_amount_is_the_page_s_own_and_never_more_than_was_paid(
    control: Control, written: str
) -> None:
    """What is stored may be of the whole order, or in another currency than the page's."""
    assert dispute.fit_amount(None, control, paid=Decimal("12.34"))[0] == written


@pytest.mark.parametrize(("control", "currency"), [
    (Control("line", label="Refund amount (CZK)"), "CZK"),
    (Control("line", around="US $12.34"), "USD"),
    (Control("line", around="Höchstens 24,90 €"), "EUR"),
    (Control("line", around="MAX $24.90"), ""),
    (Control("line"), ""),
])  # fmt: skip
def test_an_amount_field_may_name_its_currency(control: Control, currency: str) -> None:
    assert dispute.currency(control) == currency


@given(st.text(alphabet="0123456789., €$CZKMAX٣", max_size=30), st.text(alphabet="0123456789.,", max_size=12))
def test_no_figures_of_a_page_break_the_amount(around: str, value: str) -> None:
    written, most = dispute.fit_amount(Decimal("12.34"), Control("line", value=value, around=around))
    assert written
    assert most is None or most > 0


def test_items_are_taken_in_the_order_of_the_page() -> None:
    def line(line_id: int, *buttons: str) -> dict[str, object]:
        return {"orderLineId": line_id, "buttonVOS": [{"type": button} for button in buttons]}

    block = {
        "tag": "detail_product_block",
        "fields": {"productVOList": [line(21, "OPEN_DISPUTE"), line(22), line(23, "OPEN_DISPUTE")]},
    }
    assert dispute.line_positions({"data": {"data": {"block_77": block}}}) == ["21", "23"]
    with pytest.raises(LayoutChanged):
        dispute.line_positions({"data": {"data": {}}})
