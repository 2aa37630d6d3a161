# What the frame of every page says.

skip = Aller au contenu
site = Site
for-developers = Pour les développeurs
language = Langue

## What went wrong, and what to do.

error-input = Cela n’a pas fonctionné
error-input-advice = Ce que votre navigateur a envoyé n’a pas pu être compris. Revenez en arrière et réessayez.
error-forbidden = Ceci ne vous est pas ouvert
error-forbidden-advice = Cette page appartient à quelqu’un d’autre, ou votre temps avec elle est terminé.
error-missing = Il n’y a rien ici
error-missing-advice = Vérifiez l’adresse. Elle est peut-être mal saisie, ou ce qui était ici n’existe plus.
error-method = Ce n’est pas possible ici
error-method-advice = Cette adresse ne peut pas être utilisée ainsi. Revenez à la page précédente et réessayez.
error-conflict = Ce n’est pas possible maintenant
error-conflict-advice = Quelque chose a changé entre-temps. Revenez en arrière, rechargez la page et regardez à nouveau.
error-gone = C’est terminé
error-gone-advice = Son temps est passé, ou cela a déjà servi.
error-limited = Un instant, s’il vous plaît
error-limited-advice = C’était plus que nous ne pouvons accepter d’une seule personne. Votre place dans la file et vos sièges sont conservés.
error-away = Nous revenons tout de suite
error-away-advice = Une partie du système est absente un instant. Rien n’a été décidé, et rien de ce que vous avez n’est perdu.
error-fault = Un problème est survenu de notre côté
error-fault-advice = Ce n’est pas de votre faute, et c’est noté. Réessayer peut aider.
error-wait =
    { $seconds ->
        [one] Veuillez attendre { $seconds } seconde avant de réessayer.
       *[other] Veuillez attendre { $seconds } secondes avant de réessayer.
    }
error-again = Réessayer
error-start = Vers l’accueil
error-number = Si vous demandez de l’aide, indiquez ce numéro :
