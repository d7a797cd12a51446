"""The labels of what may never be pressed: each kind of button in each of the fourteen languages, alone and in company."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from monitor.adapters.hands import Target, why_not_choose, why_not_press, why_not_unfold
from scrapers.marketplaces.aliexpress.dispute import WORDS, is_never

LABELS: dict[str, Any] = tomllib.loads(
    files("scrapers.marketplaces.aliexpress").joinpath("labels.toml").read_text("utf-8")
)
# send, confirm the receipt, pay, buy, agree, cancel the order, delete, next, save, close or withdraw the dispute
BUTTONS = {
    "en": "Submit|Confirm received|Pay now|Buy now|Agree|Cancel order|Delete|Next step|Save|Close dispute",
    "de": "Absenden|Empfang bestätigen|Jetzt bezahlen|Jetzt kaufen|Ich stimme zu|Bestellung stornieren|Löschen|Weiter|Speichern|Streitfall schließen",
    "fr": "Soumettre|Confirmer la réception|Payer maintenant|Acheter maintenant|J'accepte|Annuler la commande|Supprimer|Étape suivante|Enregistrer|Clore le litige",
    "es": "Enviar|Confirmar recepción|Pagar ahora|Comprar ahora|Estoy de acuerdo|Cancelar pedido|Eliminar|Siguiente|Guardar|Cerrar disputa",
    "it": "Invia|Conferma ricezione|Paga ora|Acquista ora|Accetta|Annulla ordine|Elimina|Avanti|Salva|Chiudi controversia",
    "pt": "Enviar|Confirmar recebimento|Pagar agora|Comprar agora|Concordo|Cancelar pedido|Excluir|Próximo|Salvar|Fechar disputa",
    "nl": "Verzenden|Ontvangst bevestigen|Nu betalen|Nu kopen|Ik ga akkoord|Bestelling annuleren|Verwijderen|Volgende|Opslaan|Geschil sluiten",
    "pl": "Wyślij|Potwierdź odbiór|Zapłać teraz|Kup teraz|Zgadzam się|Anuluj zamówienie|Usuń|Dalej|Zapisz|Zamknij spór",
    "ru": "Отправить|Подтвердить получение|Оплатить сейчас|Купить сейчас|Согласен|Отменить заказ|Удалить|Далее|Сохранить|Закрыть спор",
    "ko": "제출|수령 확인|지금 결제|지금 구매|동의|주문 취소|삭제|다음|저장|분쟁 종료",
    "ja": "送信|受取確認|今すぐ支払う|今すぐ購入|同意する|注文をキャンセル|削除|次へ|保存|紛争を終了",
    "ar": "إرسال|تأكيد الاستلام|ادفع الآن|اشتر الآن|أوافق|إلغاء الطلب|حذف|التالي|حفظ|إغلاق النزاع",
    "tr": "Gönder|Teslimatı onayla|Şimdi öde|Satın al|Kabul ediyorum|Siparişi iptal et|Sil|Sonraki|Kaydet|Anlaşmazlığı kapat",
    "he": "שלח|אישור קבלה|שלם עכשיו|קנה עכשיו|אני מסכים|ביטול הזמנה|מחק|הבא|שמור|סגור מחלוקת",
}
CASES = [(language, button) for language, buttons in BUTTONS.items() for button in buttons.split("|")]


def test_every_language_has_every_kind() -> None:
    assert set(BUTTONS) == set(LABELS)
    assert {len(buttons.split("|")) for buttons in BUTTONS.values()} == {10}


@pytest.mark.parametrize(("language", "button"), CASES)
def test_a_dangerous_button_is_refused_by_its_words(language: str, button: str) -> None:
    for words in (button, f"{button} (3)", button.upper(), f"  {button}!  "):
        assert is_never(words), words
        assert why_not_press(Target("button", words, type="button"), "returns", WORDS)
        assert why_not_unfold(Target("div", words, popup="listbox"), WORDS)
        assert why_not_choose(Target("li", words, role="option"), words, WORDS)


def test_known_options_and_unfolding_buttons_are_not_taken_for_dangerous_ones() -> None:
    refused = [
        (language, phrase)
        for language, words in LABELS.items()
        for phrases in (
            words["returns"], words["decision"], words["evidence"], words["no"], words["answers"]["disagree"],
            *words["reasons"].values(), *words["solutions"].values(),
        )
        for phrase in phrases
        if is_never(phrase)
    ]  # fmt: skip
    assert refused == []


def test_a_known_phrase_is_no_cover_for_more() -> None:
    option = Target("li", "Refund only", role="option")
    assert why_not_choose(option, "Refund only", WORDS) == ""
    assert why_not_choose(replace(option, text="Refund only, submit"), "Refund only, submit", WORDS)
