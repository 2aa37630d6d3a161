# What the frame of every page says.

skip = Zum Inhalt springen
site = Website
for-developers = Für Entwickler
language = Sprache

## What went wrong, and what to do.

error-input = Das hat nicht geklappt
error-input-advice = Was dein Browser geschickt hat, war nicht zu verstehen. Geh zurück und versuch es noch einmal.
error-forbidden = Das ist nicht für dich geöffnet
error-forbidden-advice = Diese Seite gehört jemand anderem, oder deine Zeit damit ist vorbei.
error-missing = Hier ist nichts
error-missing-advice = Prüfe die Adresse. Vielleicht ist sie vertippt, oder was hier war, gibt es nicht mehr.
error-method = Das geht hier nicht
error-method-advice = Diese Adresse lässt sich so nicht benutzen. Geh zurück und versuch es von der Seite davor.
error-conflict = Das geht jetzt nicht
error-conflict-advice = Inzwischen hat sich etwas geändert. Geh zurück, lade die Seite neu und sieh noch einmal nach.
error-gone = Das ist vorbei
error-gone-advice = Seine Zeit ist abgelaufen, oder es ist verbraucht.
error-limited = Einen Moment, bitte
error-limited-advice = Das war mehr, als wir von einer Person annehmen können. Dein Platz und deine Sitze sind sicher.
error-away = Wir sind gleich wieder da
error-away-advice = Ein Teil des Systems ist gerade nicht erreichbar. Nichts wurde entschieden, und nichts von dir ist verloren.
error-fault = Bei uns ist etwas schiefgegangen
error-fault-advice = Es lag nicht an dir, und es ist notiert. Ein neuer Versuch kann helfen.
error-wait =
    { $seconds ->
        [one] Bitte warte { $seconds } Sekunde, bevor du es wieder versuchst.
       *[other] Bitte warte { $seconds } Sekunden, bevor du es wieder versuchst.
    }
error-again = Noch einmal versuchen
error-start = Zum Anfang
error-number = Wenn du um Hilfe bittest, gib diese Nummer an:
