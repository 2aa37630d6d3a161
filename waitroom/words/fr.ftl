# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Ventes
drops-lead = Choisissez une vente pour rejoindre sa file. Quand vient votre tour, vous entrez dans la boutique.
drops-none = Aucune vente pour le moment. Revenez plus tard.
all-drops = Toutes les ventes
opens = Ouverture
opened = Ouvert depuis
state-scheduled = Pas encore ouvert
state-lobby = Hall ouvert
state-open = Ouvert
state-paused = En pause
state-sold-out = Complet
state-closed = Terminé

## Above everything else on the queue page.

organiser = De l’organisateur :
offline = La file est injoignable pour le moment. Votre place est gardée ; nous réessayons.
requeued = Votre tour est passé, car personne n’est entré à temps. Vous avez une nouvelle place dans la file.
away = Votre tour est arrivé en votre absence. Entrez avant la fin du temps.
few-seats = Il y a moins de places que de personnes devant vous. Vous pourriez ne pas en avoir.
no-seats = Toutes les places sont dans les paniers d’autres personnes. Certaines peuvent revenir.
without-script = Cette page se recharge seule. Gardez-la ouverte et revenez avec ce navigateur.

## The states: a heading, and what to know or do.

scheduled = Les portes ne sont pas encore ouvertes
scheduled-from = Vous pourrez rejoindre la file à partir du
scheduled-unknown = La date d’ouverture n’est pas encore annoncée.
scheduled-advice = Arriver tôt ou recharger la page n’apporte rien. Gardez-la ouverte : elle prendra une place pour vous à temps.
join = Rejoindre la file
join-advice = Vous avez une place, gardée pour ce navigateur. D’autres onglets ou un rechargement n’y changent rien.
lobby = Vous êtes dans le hall
lobby-in = Ouverture dans
lobby-advice = Alors les places de toutes les personnes du hall sont tirées au sort. Peu importe votre heure d’arrivée ; vous n’avez rien à faire.
lobby-draw = Le tirage est déjà fixé : l’empreinte de son nombre secret a été publiée avant l’ouverture du hall, personne ne peut donc changer l’ordre ensuite.
lobby-check = Comprendre le tirage et le vérifier
lobby-people = Personnes dans le hall
waiting = Vous êtes dans la file
waiting-advice = Gardez cette page ouverte. Vous pouvez utiliser d’autres onglets en attendant.
paused = La file est en pause
paused-advice = Personne n’entre pour le moment. Vous gardez votre place.
sold-out = Toutes les places sont vendues
sold-out-advice = Une place ne se libère que si quelqu’un rend son billet. Si vous restez, vous gardez votre rang.
called = C’est votre tour
called-advice = Entrez maintenant dans la boutique, avant que votre tour ne passe à quelqu’un d’autre.
called-until = Votre tour est gardé jusqu’au
called-left = Temps restant
enter = Entrer dans la boutique
admitted = Vous êtes entré
admitted-advice = La boutique vous est ouverte.
go-on = Continuer vers la boutique
lapsed = Votre tour est passé
lapsed-advice = Vous n’êtes pas entré à temps, et le tour est allé à quelqu’un d’autre.
join-again = Rejoindre la file à nouveau
left = Vous avez quitté la file
left-advice = Votre place est libre pour d’autres. Vous pouvez revenir, en fin de file.
finished = Votre tour est terminé
finished-advice = Votre visite est terminée. Les liens vers vos paniers et vos billets restent valables.
closed = Cette vente est terminée
closed-advice = Merci d’être venu. Plus personne n’entre.

## How somebody in line stands.

position = Votre position
ahead = Personnes devant vous
wait = Attente estimée
seats-left = Places restantes
progress = Part de l’attente déjà passée
as-of = Mis à jour à

## What can be done besides waiting.

help-link = Vous sortez, changez d’appareil ou avez besoin d’aide ?
leave = Quitter la file
leave-warning = Vous perdez votre place. Si vous revenez, vous repartez en fin de file.
leave-now = Quitter et perdre ma place
see-shop = Voir ce qui est en vente
back-to = Retour à { $site }

## How somebody who looks elsewhere is told.

alerts = Quand vient mon tour
alert-sound = Émettre un son
alert-notification = Afficher une notification
alert-refused = Votre navigateur n’autorise pas les notifications de cette page.
speak = Lecteur d’écran : annoncer ma position
speak-15 = toutes les 15 secondes
speak-60 = chaque minute
speak-300 = toutes les 5 minutes
speak-0 = seulement à mon tour

## How long the wait may be.

wait-a-minute = une minute au plus
wait-unknown = pas encore connue
wait-up-to-minutes =
    { $high ->
        [one] jusqu’à { $high } minute
       *[other] jusqu’à { $high } minutes
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } minute
       *[other] { $low }–{ $high } minutes
    }
wait-up-to-hours =
    { $high ->
        [one] jusqu’à { $high } heure
       *[other] jusqu’à { $high } heures
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } heure
       *[other] { $low }–{ $high } heures
    }
wait-up-to = jusqu’à { $time }

## What the script says.

spoken-position = Position { $position }. Attente estimée : { $wait }.
spoken-left = Encore { $time } pour entrer dans la boutique
spoken-opens = Ouverture dans { $time }
title-called = Votre tour
back-online = La connexion est rétablie.
