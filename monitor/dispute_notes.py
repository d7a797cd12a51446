"""What the program says when it hands a filled form over: on the page, in the terminal and in the notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Notes:
    """The words of one language. `filled_as` by form, `over_to_you` by any other result."""

    filled_as: Mapping[str, str]
    over_to_you: Mapping[str, str]
    heading: str
    filled: str
    check: str
    alone: str
    to_paste: str
    close: str
    fields: Mapping[str, str]

    def banner(self, good: tuple[str, ...], doubtful: tuple[str, ...]) -> list[str]:
        """The lines of the note on the page, from the names of the fields filled and of those to look at."""
        lines = [self.heading]
        if good:
            lines.append(self.filled.format(fields=", ".join(self.fields[name] for name in good)))
        if doubtful:
            lines.append(self.check.format(fields=", ".join(self.fields[name] for name in doubtful)))
        return [*lines, self.alone]


def notes_in(language: str) -> Notes:
    """The notes in a language ("de", "de-AT"), in English where there are none."""
    return _NOTES.get(language.lower().partition("-")[0].partition("_")[0], _NOTES["en"])


_NOTES = {
    "en": Notes(
        filled_as={
            "dispute": "The dispute form is filled in. Check it in the browser window; you alone press Submit.",
            "cancel": "The cancel form is filled in. Check it in the browser window; you alone press Submit.",
            "evidence": "Your evidence is filled in. Check it in the browser window; you alone send it.",
            "disagree": "Your answer to the case is filled in. Check it in the browser window; you alone send it.",
            "return": "The number of your return is filled in. Check it in the browser window; you alone send it.",
        },
        over_to_you={
            "refused": "The shop does not accept the request yet. The window is yours; close it when you are done.",
            "layout_changed": "The page looks different from what is known. Go on by hand in the browser window.",
            "unreachable": "The shop could not be reached: is the network there? Close the window; try again then.",
            "login_needed": "The shop asks you to log in. Do so in the browser window, close it, and start again.",
            "bot_check": (
                "The shop asks whether you are a robot. Answer in the browser window, close it, "
                "and start again later."
            ),
        },
        heading="parcelwarden has filled in this form",
        filled="Filled in: {fields}.",
        check="Please do yourself, or check closely: {fields}.",
        alone="Read everything. You alone press Submit.",
        to_paste="The text to paste:",
        close="Close this note",
        fields={
            "received": "received",
            "reason": "reason",
            "solution": "solution",
            "amount": "amount",
            "text": "description",
            "photos": "photos",
            "answer": "answer to the solution",
            "number": "number of the return",
        },
    ),
    "de": Notes(
        filled_as={
            "dispute": "Das Formular ist ausgefüllt. Bitte im Browserfenster prüfen; absenden können nur Sie.",
            "cancel": "Das Stornoformular ist ausgefüllt. Bitte im Browserfenster prüfen; absenden können nur Sie.",
            "evidence": "Ihre Nachweise sind eingetragen. Bitte im Browserfenster prüfen; absenden können nur Sie.",
            "disagree": "Ihre Antwort ist eingetragen. Bitte im Browserfenster prüfen; absenden können nur Sie.",
            "return": "Die Sendungsnummer ist eingetragen. Bitte im Browserfenster prüfen; absenden können nur Sie.",
        },
        over_to_you={
            "refused": "Der Shop nimmt den Antrag noch nicht an. Das Fenster gehört Ihnen; schließen Sie es am Ende.",
            "layout_changed": "Die Seite sieht anders aus als bekannt. Bitte im Browserfenster von Hand weitermachen.",
            "unreachable": (
                "Der Shop ist nicht zu erreichen: Steht die Verbindung? Bitte das Fenster schließen, dann neu starten."
            ),
            "login_needed": (
                "Der Shop bittet um die Anmeldung. Bitte im Browserfenster anmelden, es schließen "
                "und neu starten."
            ),
            "bot_check": (
                "Der Shop fragt, ob Sie ein Roboter sind. Bitte im Browserfenster antworten, es schließen "
                "und später neu starten."
            ),
        },
        heading="parcelwarden hat dieses Formular ausgefüllt",
        filled="Ausgefüllt: {fields}.",
        check="Bitte selbst ausfüllen oder genau prüfen: {fields}.",
        alone="Lesen Sie alles. Absenden können nur Sie.",
        to_paste="Der Text zum Einfügen:",
        close="Hinweis schließen",
        fields={
            "received": "erhalten",
            "reason": "Grund",
            "solution": "Lösung",
            "amount": "Betrag",
            "text": "Beschreibung",
            "photos": "Fotos",
            "answer": "Antwort auf die Lösung",
            "number": "Sendungsnummer der Rücksendung",
        },
    ),
}
