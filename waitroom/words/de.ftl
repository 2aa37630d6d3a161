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

## Besides waiting: mail, another device, help.

help-title = Während du wartest
help-lead = Dein Platz bleibt dir, während du das liest.
help-back = Zurück zur Schlange
help-failed = Das hat gerade nicht geklappt. Dein Platz ist sicher; bitte versuch es noch einmal.
mail-heading = E-Mail, wenn ich bald an der Reihe bin
mail-pending = Wir schreiben einmal an { $address }, sobald die Wartezeit zehn Minuten oder weniger betragen kann. Danach wird die Adresse gelöscht.
mail-stop = Nicht schreiben
mail-sent = Die E-Mail ist verschickt und deine Adresse gelöscht. Lass die Seite der Schlange jetzt offen.
mail-failed = Die E-Mail konnte nicht verschickt werden; die Adresse ist gelöscht. Du kannst eine andere angeben.
mail-stopped = Wir schreiben dir nicht. Deine Adresse ist gelöscht.
mail-address = E-Mail-Adresse
mail-no-address = Das ist keine E-Mail-Adresse. Eine Adresse sieht aus wie name@example.com.
mail-too-many = Fünf Plätze dieses Drops schreiben schon an diese Adresse. Bitte gib eine andere an.
mail-near = Du bist schon bald an der Reihe: Die Wartezeit kann zehn Minuten oder weniger betragen. Lass die Seite der Schlange offen; keine E-Mail wäre schneller.
mail-now = Du bist schon an der Reihe. Geh zurück zur Schlange und in den Shop.
mail-over = Es gibt nichts mehr zu schreiben: Dein Platz wartet nicht mehr.
mail-note = Eine E-Mail, sobald die Wartezeit zehn Minuten oder weniger betragen kann. Dann wird die Adresse gelöscht. Sie dient keinem anderen Zweck.
mail-ask = E-Mail schicken
move-heading = Auf einem anderen Gerät weitermachen
move-advice = Nimm deinen Platz mit, vom Computer aufs Telefon oder zurück. Es bleibt ein Platz, mit dem du einmal an die Reihe kommst, und dieses Gerät zeigt ihn weiterhin.
move-show = Code für das andere Gerät zeigen
move-scan = Scanne den Code mit dem anderen Gerät. Er gilt einmal und fünf Minuten lang. Wer ihn hat, hat deinen Platz: Zeig ihn niemandem.
move-picture = QR-Code der Adresse darunter
move-type = Oder öffne { $address } auf dem anderen Gerät und tippe diesen Code ein:
move-again = Neuen Code erzeugen
move-title = Den Platz auf dieses Gerät holen
move-same = Es bleibt derselbe Platz, mit dem du einmal an die Reihe kommst, und das andere Gerät zeigt ihn weiterhin.
move-own = Dieses Gerät hat einen eigenen Platz in dieser Schlange. Danach zeigt es den anderen.
move-code = Code vom anderen Gerät
move-code-note = 26 Buchstaben und Ziffern. Kleinbuchstaben sind in Ordnung, Bindestriche können entfallen.
move-take = Meinen Platz auf dieses Gerät holen
move-spent = Dieser Code gilt nicht mehr. Er gilt einmal und fünf Minuten lang. Erzeuge einen neuen auf dem Gerät, das deinen Platz hat.
support-heading = Um Hilfe bitten
support-advice = Ein kurzer Code, mit dem der Support des Veranstalters deinen Platz findet, wenn du anrufst oder schreibst.
support-show = Meinen Support-Code zeigen
support-code = Dein Support-Code:
support-note = Lies ihn dem Support des Veranstalters vor; er sieht dann, wo dein Platz steht. Niemand kann dir damit den Platz nehmen.
elsewhere = Dein Platz ist auch auf einem anderen Gerät offen. Es bleibt ein Platz, der einmal an die Reihe kommt.

## The mail to somebody whose turn is near.

reminder-near = Du bist bald an der Reihe
reminder-away = Du warst weg, als du an die Reihe kamst
reminder-any-minute = Du kannst jede Minute aufgerufen werden.
reminder-minutes =
    { $minutes ->
        [one] Du kannst in etwa einer Minute aufgerufen werden.
       *[other] Du kannst in etwa { $minutes } Minuten aufgerufen werden.
    }
reminder-back = Komm vor { $time } zurück, dann bist du als Nächstes an der Reihe.
reminder-enter = Geh vor { $time } in den Shop.
reminder-open = Öffne die Seite der Schlange auf dem Gerät, auf dem du dich angestellt hast
reminder-estimates = Die Zeiten einer Schlange sind Schätzungen. Wenn deine Reihe ungenutzt verstreicht, kommt jemand anderes dran.
reminder-asked = Du hast auf dieser Seite um diese E-Mail gebeten. Es ist die einzige, und deine Adresse ist gelöscht.

## The draw, and how it can be checked.

draw-of = Die Auslosung: { $title }
draw-lead = Wer bei der Öffnung in der Lobby ist, bekommt seinen Platz in der Schlange durch das Los. Hier steht, wie, und wie du es nachprüfst.
draw-how = So wird die Reihenfolge ausgelost
draw-how-seed = Bevor die Lobby geöffnet hat, wurde eine geheime Zahl gewählt: der Seed. Sein Fingerabdruck, das Commitment unten, ist seitdem öffentlich, darum kann der Seed nicht ausgetauscht werden. Seed und Kennung eines Platzes ergeben zusammen seine Zahl, die ohne den Seed niemand erraten kann. Bei der Öffnung kommt die niedrigste Zahl zuerst an die Reihe.
draw-how-leaving = Wann du in die Lobby gekommen bist, ist egal. Wer geht und wiederkommt, hat denselben Platz und dieselbe Zahl.
draw-salt-how = In diese Auslosung geht auch ein öffentlicher Wert ein, das Salz, das vorher niemand kennen konnte: { $source }. Es dreht den ganzen Kreis der Zahlen, sodass selbst jemand, der den geheimen Seed gelesen hätte, nicht wissen konnte, wer zuerst kommt.
draw-numbers = Die Zahlen
draw-commitment = Commitment: SHA-256 des Seeds
draw-salt = Salz
draw-salt-unknown = noch nicht bekannt
draw-count = Plätze in der Lobby bei der Öffnung
draw-roster-digest = SHA-256 der Liste
draw-seed = Seed
draw-roster = Liste
draw-roster-link = Alle Plätze in der Reihenfolge der Auslosung
draw-soon = Der Drop ist geöffnet. Seed und Liste erscheinen hier in ein paar Sekunden.
draw-later = Seed und Liste erscheinen hier, nachdem der Drop geöffnet hat. Schreib dir das Commitment jetzt auf, wenn du später sicher sein willst, dass es dasselbe geblieben ist.
draw-check = Prüf es selbst nach
draw-check-command = Dieser Befehl holt alles, was veröffentlicht ist, rechnet die Auslosung nach und sagt, was er geprüft hat:
draw-check-own = Dein eigener Platz steht in der Liste unter seiner place_id: Die Nummer der Zeile ist die Position, die dir das Los gegeben hat.
draw-check-place = Meinen Platz mit seiner place_id zeigen
draw-rule = Die genaue Regel, auf Englisch
draw-proves = Was das beweist und was nicht
draw-proof = Es beweist, dass die Reihenfolge allein aus dem Seed und den Kennungen folgt, dass der Seed vor der Lobby feststand und dass niemand von außen eine Position kennen oder wählen konnte.
draw-proof-salted = Es beweist, dass die Reihenfolge allein aus dem Seed, dem Salz und den Kennungen folgt, dass der Seed vor der Lobby feststand und dass niemand von außen eine Position kennen oder wählen konnte.
draw-inside-salted = Auch wer intern den Seed gelesen hätte, konnte die Reihenfolge nicht kennen, bevor das Salz bekannt war. Vergleiche das Salz mit dem, was seine Quelle veröffentlicht hat.
draw-inside = Es beweist nicht, dass niemand intern den geheimen Seed vor der Öffnung gelesen hat: Wer das tat, konnte wissen, welche Plätze zuerst gezogen werden. Ein Drop mit öffentlichem Salz schließt das aus; dieser nennt keines.
draw-says-not = Es sagt nichts darüber, wer hinter einem Platz steht. Nach der Auslosung geht die Schlange weiter: Leute gehen, sind weg, wenn sie an die Reihe kommen, oder haben einen Vorrangpass des Veranstalters. Aus solchen Gründen können die Aufrufe von der Liste abweichen.
