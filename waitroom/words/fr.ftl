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

## Besides waiting: mail, another device, help.

help-title = Pendant que vous attendez
help-lead = Votre place reste la vôtre pendant que vous lisez ceci.
help-back = Retour à la file
help-failed = Cela n’a pas fonctionné pour le moment. Votre place est conservée ; veuillez réessayer.
mail-heading = M’écrire quand mon tour approche
mail-pending = Nous écrirons une seule fois à { $address }, quand l’attente pourra être de dix minutes ou moins. L’adresse sera alors effacée.
mail-stop = Ne pas m’écrire
mail-sent = Le message est parti et votre adresse est effacée. Gardez maintenant la page de la file ouverte.
mail-failed = Le message n’a pas pu être envoyé et l’adresse est effacée. Vous pouvez en donner une autre.
mail-stopped = Nous ne vous écrirons pas. Votre adresse est effacée.
mail-address = Adresse e-mail
mail-no-address = Ce n’est pas une adresse e-mail. Elle ressemble à nom@example.com.
mail-too-many = Cinq places de cette vente écrivent déjà à cette adresse. Veuillez en donner une autre.
mail-near = Votre tour est déjà proche : l’attente peut être de dix minutes ou moins. Gardez la page de la file ouverte ; aucun message ne serait plus rapide.
mail-now = C’est déjà votre tour. Retournez à la file et entrez dans la boutique.
mail-over = Il n’y a plus rien à vous écrire : votre place n’attend plus.
mail-note = Un seul message, quand l’attente pourra être de dix minutes ou moins. Ensuite l’adresse est effacée. Elle ne sert à rien d’autre.
mail-ask = M’écrire
move-heading = Continuer sur un autre appareil
move-advice = Emportez votre place, de l’ordinateur au téléphone ou l’inverse. Elle reste une seule place avec un seul tour, et cet appareil continue de la montrer.
move-show = Afficher un code pour l’autre appareil
move-scan = Scannez ceci avec l’autre appareil. Le code sert une fois, pendant cinq minutes. Qui l’a, a votre place : ne le montrez à personne.
move-picture = Code QR de l’adresse ci-dessous
move-type = Ou ouvrez { $address } sur l’autre appareil et tapez ce code :
move-again = Créer un autre code
move-title = Prendre votre place sur cet appareil
move-same = Elle reste la même place avec le même tour, et l’autre appareil continue de la montrer.
move-own = Cet appareil a déjà sa propre place dans cette file. Il montrera ensuite l’autre.
move-code = Code de l’autre appareil
move-code-note = 26 lettres et chiffres. Les minuscules conviennent, et les traits d’union peuvent être omis.
move-take = Prendre ma place sur cet appareil
move-spent = Ce code n’est plus valable. Il sert une fois, pendant cinq minutes. Créez-en un nouveau sur l’appareil qui a votre place.
support-heading = Demander de l’aide
support-advice = Un code court avec lequel l’assistance de l’organisateur trouve votre place quand vous appelez ou écrivez.
support-show = Afficher mon code d’assistance
support-code = Votre code d’assistance :
support-note = Lisez-le à l’assistance de l’organisateur : elle verra où en est votre place. Personne ne peut prendre votre place avec lui.
elsewhere = Votre place est aussi ouverte sur un autre appareil. C’est une seule place avec un seul tour.

## The mail to somebody whose turn is near.

reminder-near = Votre tour approche
reminder-away = Votre tour est arrivé en votre absence
reminder-any-minute = Vous pouvez être appelé d’une minute à l’autre.
reminder-minutes =
    { $minutes ->
        [one] Vous pouvez être appelé dans environ { $minutes } minute.
       *[other] Vous pouvez être appelé dans environ { $minutes } minutes.
    }
reminder-back = Revenez avant le { $time }, et vous serez appelé ensuite.
reminder-enter = Entrez dans la boutique avant le { $time }.
reminder-open = Ouvrez la page de la file, sur l’appareil avec lequel vous avez pris votre place
reminder-estimates = Les durées d’une file sont des estimations. Si votre tour passe sans être utilisé, il va à quelqu’un d’autre.
reminder-asked = Vous avez demandé ce message sur cette page. C’est le seul, et votre adresse est effacée.

## The draw, and how it can be checked.

draw-of = Le tirage : { $title }
draw-lead = Toutes les personnes présentes dans le hall à l’ouverture reçoivent leur place dans la file par tirage au sort. Voici comment, et comment le vérifier.
draw-how = Comment l’ordre est tiré
draw-how-seed = Avant l’ouverture du hall, un nombre secret a été choisi : la graine. Son empreinte, l’engagement ci-dessous, est publique depuis lors ; la graine ne peut donc pas être remplacée. La graine et l’identifiant d’une place donnent ensemble à celle-ci un nombre que personne ne peut deviner sans la graine. À l’ouverture, le plus petit nombre passe en premier.
draw-how-leaving = Peu importe quand vous êtes arrivé dans le hall. Partir et revenir vous donne la même place et le même nombre.
draw-salt-how = Ce tirage prend aussi en compte une valeur publique, le sel, que personne ne pouvait connaître avant : { $source }. Il fait tourner tout le cercle des nombres, si bien que même une personne ayant lu la graine secrète ne pouvait savoir qui serait premier.
draw-numbers = Les nombres
draw-commitment = Engagement : SHA-256 de la graine
draw-salt = Sel
draw-salt-unknown = pas encore connu
draw-count = Places dans le hall à l’ouverture
draw-roster-digest = SHA-256 de la liste
draw-seed = Graine
draw-roster = Liste
draw-roster-link = Toutes les places dans l’ordre du tirage
draw-soon = La vente est ouverte. La graine et la liste paraissent ici dans quelques secondes.
draw-later = La graine et la liste paraissent ici après l’ouverture. Notez l’engagement dès maintenant si vous voulez être sûr plus tard qu’il n’a pas changé.
draw-check = Vérifiez vous-même
draw-check-command = Cette commande récupère tout ce qui est publié, recalcule le tirage et dit ce qu’elle a vérifié :
draw-check-own = Votre propre place figure dans la liste sous son place_id : le numéro de sa ligne est la position que le tirage vous a donnée.
draw-check-place = Afficher ma place avec son place_id
draw-rule = La règle exacte, en anglais
draw-proves = Ce que cela prouve, et ce que cela ne prouve pas
draw-proof = Cela prouve que l’ordre découle uniquement de la graine et des identifiants, que la graine était fixée avant l’ouverture du hall, et que personne à l’extérieur ne pouvait connaître ni choisir une position.
draw-proof-salted = Cela prouve que l’ordre découle uniquement de la graine, du sel et des identifiants, que la graine était fixée avant l’ouverture du hall, et que personne à l’extérieur ne pouvait connaître ni choisir une position.
draw-inside-salted = Une personne de l’intérieur ayant lu la graine ne pouvait pas non plus connaître l’ordre avant la publication du sel. Comparez le sel avec ce que sa source a publié.
draw-inside = Cela ne prouve pas que personne à l’intérieur n’a lu la graine secrète avant l’ouverture : cette personne aurait pu savoir quelles places sortiraient en premier. Une vente qui nomme un sel public l’exclut ; celle-ci n’en nomme aucun.
draw-says-not = Cela ne dit rien de la personne derrière une place. Après le tirage, la file avance : des personnes partent, sont absentes à leur tour ou ont un passe prioritaire de l’organisateur ; les appels peuvent alors différer de la liste.
