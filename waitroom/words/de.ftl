# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Drops
drops-lead = Wähle einen Drop, um dich anzustellen. Wenn du an der Reihe bist, kommst du in den Shop.
drops-none = Zurzeit gibt es keinen Drop. Bitte komm später wieder.
all-drops = Alle Drops
opens = Öffnet
opened = Geöffnet seit
state-scheduled = Noch nicht offen
state-lobby = Lobby ist offen
state-open = Offen
state-paused = Pausiert
state-sold-out = Ausverkauft
state-closed = Vorbei

## Above everything else on the queue page.

organiser = Vom Veranstalter:
offline = Die Warteschlange ist gerade nicht erreichbar. Dein Platz ist sicher; wir versuchen es weiter.
requeued = Deine Reihe ist verstrichen, weil niemand rechtzeitig in den Shop gegangen ist. Du hast einen neuen Platz.
away = Du warst weg, als du an die Reihe kamst. Geh in den Shop, bevor die Zeit abläuft.
few-seats = Es gibt weniger Plätze als Leute vor dir. Vielleicht bekommst du keinen.
no-seats = Alle Plätze liegen gerade in den Warenkörben anderer. Einige können zurückkommen.
without-script = Diese Seite erneuert sich von selbst. Lass sie offen und komm mit diesem Browser zurück.

## The states: a heading, and what to know or do.

scheduled = Noch ist nicht geöffnet
scheduled-from = Anstellen kannst du dich ab
scheduled-unknown = Wann geöffnet wird, ist noch nicht bekannt.
scheduled-advice = Früh kommen oder neu laden bringt nichts. Lass die Seite offen, dann stellt sie dich rechtzeitig an.
join = Anstellen
join-advice = Du bekommst einen Platz für diesen Browser. Mehr Tabs oder Neuladen ändern nichts.
lobby = Du bist in der Lobby
lobby-in = Öffnet in
lobby-advice = Dann werden die Plätze aller in der Lobby ausgelost. Wann du gekommen bist, ist egal, und du musst nichts tun.
lobby-draw = Die Auslosung steht schon fest: Der Fingerabdruck ihrer geheimen Zahl ist seit vor der Lobby öffentlich, darum kann niemand die Reihenfolge nachträglich ändern.
lobby-check = So funktioniert die Auslosung, und so prüfst du sie
lobby-people = Leute in der Lobby
waiting = Du stehst an
waiting-advice = Lass diese Seite offen. Du kannst inzwischen andere Tabs benutzen.
paused = Die Schlange ist angehalten
paused-advice = Zurzeit wird niemand eingelassen. Dein Platz bleibt dir.
sold-out = Alle Plätze sind verkauft
sold-out-advice = Ein Platz wird nur frei, wenn jemand ein Ticket zurückgibt. Wenn du bleibst, behältst du deinen Platz.
called = Du bist an der Reihe
called-advice = Geh jetzt in den Shop, bevor deine Reihe an andere geht.
called-until = Deine Reihe gilt bis
called-left = Verbleibende Zeit
enter = In den Shop
admitted = Du bist drin
admitted-advice = Der Shop steht dir offen.
go-on = Weiter zum Shop
lapsed = Deine Reihe ist verstrichen
lapsed-advice = Du bist nicht rechtzeitig in den Shop gegangen; jetzt ist jemand anderes dran.
join-again = Neu anstellen
left = Du hast die Schlange verlassen
left-advice = Dein Platz ist frei für andere. Du kannst dich hinten neu anstellen.
finished = Du warst schon an der Reihe
finished-advice = Dein Besuch im Shop ist beendet. Die Links zu deinen Warenkörben und Tickets gelten weiter.
closed = Dieser Drop ist vorbei
closed-advice = Danke, dass du da warst. Es wird niemand mehr eingelassen.

## How somebody in line stands.

position = Deine Position
ahead = Leute vor dir
wait = Geschätzte Wartezeit
seats-left = Noch freie Plätze
progress = So viel hast du schon geschafft
as-of = Stand:

## What can be done besides waiting.

help-link = Unterwegs, anderes Gerät oder Hilfe nötig?
leave = Schlange verlassen
leave-warning = Du verlierst deinen Platz. Wenn du dich neu anstellst, beginnst du hinten.
leave-now = Verlassen und Platz aufgeben
see-shop = Sieh dir das Angebot an
back-to = Zurück zu { $site }

## How somebody who looks elsewhere is told.

alerts = Wenn ich an der Reihe bin
alert-sound = Einen Ton abspielen
alert-notification = Eine Benachrichtigung zeigen
alert-refused = Dein Browser erlaubt dieser Seite keine Benachrichtigungen.
speak = Screenreader: Position ansagen
speak-15 = alle 15 Sekunden
speak-60 = jede Minute
speak-300 = alle 5 Minuten
speak-0 = nur wenn ich an der Reihe bin

## How long the wait may be.

wait-a-minute = höchstens eine Minute
wait-unknown = noch nicht bekannt
wait-up-to-minutes =
    { $high ->
        [one] bis zu { $high } Minute
       *[other] bis zu { $high } Minuten
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } Minute
       *[other] { $low }–{ $high } Minuten
    }
wait-up-to-hours =
    { $high ->
        [one] bis zu { $high } Stunde
       *[other] bis zu { $high } Stunden
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } Stunde
       *[other] { $low }–{ $high } Stunden
    }
wait-up-to = bis zu { $time }

## What the script says.

spoken-position = Position { $position }. Geschätzte Wartezeit: { $wait }.
spoken-left = Noch { $time }, um in den Shop zu gehen
spoken-opens = Öffnet in { $time }
title-called = Du bist dran
back-online = Die Verbindung ist wieder da.
