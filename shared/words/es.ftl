# What the frame of every page says.

skip = Ir al contenido
site = Sitio
for-developers = Para desarrolladores
language = Idioma

## What went wrong, and what to do.

error-input = Eso no ha funcionado
error-input-advice = No se ha podido entender lo que envió tu navegador. Vuelve atrás e inténtalo de nuevo.
error-forbidden = Esto no está abierto para ti
error-forbidden-advice = Esta página es de otra persona, o tu tiempo con ella ha terminado.
error-missing = Aquí no hay nada
error-missing-advice = Comprueba la dirección. Puede que esté mal escrita, o que lo que había aquí ya no exista.
error-method = Eso no es posible aquí
error-method-advice = Esta dirección no puede usarse así. Vuelve a la página anterior e inténtalo de nuevo.
error-conflict = Eso no es posible ahora
error-conflict-advice = Algo ha cambiado mientras tanto. Vuelve atrás, recarga la página y míralo de nuevo.
error-gone = Esto ha terminado
error-gone-advice = Su tiempo ha pasado, o ya se ha usado.
error-limited = Un momento, por favor
error-limited-advice = Ha sido más de lo que podemos aceptar de una sola persona. Tu lugar y tus asientos están a salvo.
error-away = Volvemos enseguida
error-away-advice = Una parte del sistema no está disponible por un momento. No se ha decidido nada y no has perdido nada.
error-fault = Algo ha fallado por nuestra parte
error-fault-advice = No ha sido culpa tuya y ha quedado anotado. Intentarlo de nuevo puede ayudar.
error-wait =
    { $seconds ->
        [one] Espera { $seconds } segundo antes de volver a intentarlo.
       *[other] Espera { $seconds } segundos antes de volver a intentarlo.
    }
error-again = Intentarlo de nuevo
error-start = Ir al inicio
error-number = Si pides ayuda, indica este número:
