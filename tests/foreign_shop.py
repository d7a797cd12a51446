"""Dispute pages in other languages and other clothes than the pretend shop's, to try the form on what is new to it."""

from dataclasses import dataclass

from fixtures.loopback import Answer, Asked, LoopbackServer


@dataclass(frozen=True)
class Tongue:
    """The words of one language; `reasons` in the order lost, no tracking, in transit, customs, wrong address."""

    code: str
    returns: str
    question: str
    yes: str
    no: str
    confirm_received: str
    reason: str
    reasons: tuple[str, ...]
    solution: str
    solutions: tuple[str, str]
    description: str
    next_step: str
    submit: str


FRENCH = Tongue(
    "fr", "Retour / remboursement", "Avez-vous bien reçu votre colis ?", "Oui", "Non", "Confirmer la réception",
    "Motif de la demande", ("Colis perdu ou retourné à l'expéditeur", "Aucun suivi disponible", "Colis encore en transit",
                            "Retenu à la douane", "Livré à une mauvaise adresse"),
    "Solution souhaitée", ("Remboursement uniquement", "Retour et remboursement"), "Description du problème",
    "Étape suivante", "Envoyer",
)  # fmt: skip
KOREAN = Tongue(
    "ko", "반품/환불 신청", "주문하신 상품을 받으셨나요?", "네", "아니요", "수령 확인", "환불 사유",
    ("택배가 분실되었거나 반송됨", "배송 추적 정보가 없음", "상품이 아직 배송 중", "세관에서 통관 보류", "잘못된 주소로 배송됨"),
    "해결 방법", ("환불만", "반품 및 환불"), "상세 설명", "다음 단계", "제출",
)  # fmt: skip
ARABIC = Tongue(
    "ar", "الإرجاع / استرداد الأموال", "هل استلمت طردك؟", "نعم", "لا", "تأكيد الاستلام", "سبب الاسترداد",
    ("الطرد مفقود أو أعيد إلى المرسل", "لا توجد معلومات تتبع", "الطرد لا يزال في الطريق", "الطرد محتجز في الجمارك",
     "تم تسليم الطرد إلى عنوان خاطئ"),
    "الحل", ("استرداد الأموال فقط", "إرجاع السلعة واسترداد الأموال"), "وصف المشكلة", "الخطوة التالية", "إرسال",
)  # fmt: skip
RUSSIAN = Tongue(
    "ru", "Возврат товара/средств", "Вы уже получили свою посылку?", "Да", "Нет", "Подтвердить получение",
    "Причина возврата", ("Посылка потеряна или возвращена отправителю", "Нет информации для отслеживания",
                         "Посылка всё ещё в пути", "Задержана на таможне", "Доставлена по неверному адресу"),
    "Решение", ("Только возврат средств", "Возврат товара и денег"), "Описание проблемы", "Далее", "Отправить",
)  # fmt: skip


class ForeignShop(LoopbackServer):
    """An order page and a form in one language. `clothes`: "listbox" (a button that opens a list), "role" (radio
    buttons made of divs), "native"; `writes` are all requests that would change something."""

    def __init__(self, tongue: Tongue, clothes: str) -> None:
        self.tongue, self.clothes = tongue, clothes
        super().__init__()

    @property
    def writes(self) -> list[str]:
        return [
            asked.path for asked in self.requests if asked.path.startswith("/w/") or asked.method != "GET"
        ]

    def answer(self, asked: Asked) -> Answer:
        page = {"/p/order/detail.html": self._order, "/p/reverse-pages/start.html": self._form}.get(
            asked.path
        )
        body = page() if page else ""
        direction = "rtl" if self.tongue.code == "ar" else "ltr"
        head = (
            f'<!doctype html><html lang="{self.tongue.code}" dir="{direction}"><meta charset="utf-8"><body>'
        )
        return Answer(f"{head}{body}{_SCRIPT}".encode(), status=200 if page else 404)

    def _order(self) -> str:
        t = self.tongue
        return f"""<main class="k7x"><header><a href="/w/pay">€</a></header>
<button class="zz-1 main" onclick="write('/w/received')">{t.confirm_received}</button>
<section><span>8190</span><div role="button" tabindex="0" class="zz-1" onclick="ask.showModal()">{t.returns}</div></section></main>
<dialog id="ask"><h3>{t.question}</h3><div class="row-a1">
<button type="button" onclick="location.href='/p/reverse-pages/start.html?r=1'">{t.yes}</button>
<button type="button" onclick="window.open('/p/reverse-pages/start.html?r=0')">{t.no}</button></div></dialog>"""

    def _form(self) -> str:
        t = self.tongue
        reasons = getattr(self, f"_{self.clothes}")(t.reason, t.reasons, "r")
        solutions = (
            self._role(t.solution, t.solutions, "s")
            if self.clothes != "native"
            else self._native(t.solution, t.solutions, "s")
        )
        return f"""<form action="/w/sent" method="post" class="f-{hash(t.code) % 97}">{reasons}{solutions}
<div class="b9"><div>{t.description}</div><div><textarea name="d"></textarea><i>0/120</i></div></div>
<button>{t.next_step}</button><button data-pl="buyersubmit_btn_submit">{t.submit}</button></form>"""

    def _native(self, title: str, options: tuple[str, ...], name: str) -> str:
        return f'<p>{title}</p><select name="{name}"><option></option>{"".join(f"<option>{o}</option>" for o in options)}</select>'

    def _role(self, title: str, options: tuple[str, ...], name: str) -> str:
        rows = "".join(
            f'<div role="radio" aria-checked="false" tabindex="0" onclick="mark(this)">{o}</div>'
            for o in options
        )
        return f'<p id="{name}">{title}</p><div role="radiogroup" aria-labelledby="{name}">{rows}</div>'

    def _listbox(self, title: str, options: tuple[str, ...], name: str) -> str:
        rows = "".join(f'<li role="option" onclick="take(this)">{o}</li>' for o in options)
        return (f'<p>{title}</p><button type="button" id="b" aria-haspopup="listbox" aria-controls="{name}"'
                f' onclick="{name}.hidden = !{name}.hidden">…</button><ul id="{name}" role="listbox" hidden>{rows}</ul>')  # fmt: skip


_SCRIPT = """<script>
const write = (where) => fetch(where, { method: "POST" });
const mark = (one) => { for (const each of one.parentElement.children) each.setAttribute("aria-checked", each === one); };
const take = (one) => { b.textContent = one.textContent; one.parentElement.hidden = true; };
</script>"""
