# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Ventas
drops-lead = Elige una venta para ponerte en su fila. Cuando te toque, entrarás en la tienda.
drops-none = Ahora no hay ninguna venta. Vuelve más tarde.
all-drops = Todas las ventas
opens = Abre
opened = Abierto desde
state-scheduled = Aún no abierto
state-lobby = Sala abierta
state-open = Abierto
state-paused = En pausa
state-sold-out = Agotado
state-closed = Terminado

## Above everything else on the queue page.

organiser = Del organizador:
offline = Ahora no podemos contactar con la fila. Tu lugar está a salvo; seguimos intentándolo.
requeued = Tu turno pasó porque nadie entró a tiempo en la tienda. Tienes un lugar nuevo en la fila.
away = Tu turno llegó mientras no estabas. Entra en la tienda antes de que acabe el tiempo.
few-seats = Hay menos asientos que personas delante de ti. Puede que no consigas ninguno.
no-seats = Todos los asientos están ahora en cestas de otras personas. Algunos pueden volver.
without-script = Esta página se renueva sola. Déjala abierta y vuelve con este navegador.

## The states: a heading, and what to know or do.

scheduled = Las puertas aún no están abiertas
scheduled-from = Puedes unirte desde
scheduled-unknown = Aún no se ha anunciado cuándo abre.
scheduled-advice = Llegar antes o recargar la página no da ventaja. Déjala abierta y tomará un lugar para ti a tiempo.
join = Ponerse en la fila
join-advice = Tienes un lugar, guardado para este navegador. Más pestañas o recargar no cambian nada.
lobby = Estás en la sala de espera
lobby-in = Abre en
lobby-advice = Entonces se sortea el lugar de todas las personas de la sala. No importa cuándo llegaste y no tienes que hacer nada.
lobby-draw = El sorteo ya está fijado: la huella de su número secreto se publicó antes de abrir la sala, así que nadie puede cambiar el orden después.
lobby-check = Ver cómo funciona el sorteo y comprobarlo
lobby-people = Personas en la sala
waiting = Estás en la fila
waiting-advice = Deja esta página abierta. Mientras tanto puedes usar otras pestañas.
paused = La fila está en pausa
paused-advice = Ahora no entra nadie. Conservas tu lugar.
sold-out = Todos los asientos están vendidos
sold-out-advice = Solo queda libre un asiento si alguien devuelve su entrada. Si te quedas, conservas tu lugar.
called = Es tu turno
called-advice = Entra ahora en la tienda, antes de que tu turno pase a otra persona.
called-until = Tu turno se guarda hasta
called-left = Tiempo restante
enter = Entrar en la tienda
admitted = Estás dentro
admitted-advice = La tienda está abierta para ti.
go-on = Seguir a la tienda
lapsed = Tu turno ha pasado
lapsed-advice = No entraste a tiempo en la tienda y el turno pasó a otra persona.
join-again = Volver a la fila
left = Has salido de la fila
left-advice = Tu lugar queda libre para otros. Puedes volver a unirte, al final de la fila.
finished = Ya has tenido tu turno
finished-advice = Tu visita a la tienda ha terminado. Los enlaces a tus cestas y entradas siguen funcionando.
closed = Esta venta ha terminado
closed-advice = Gracias por venir. Ya no entra nadie más.

## How somebody in line stands.

position = Tu posición
ahead = Personas delante de ti
wait = Espera estimada
seats-left = Asientos libres ahora
progress = Cuánto de la espera ya ha pasado
as-of = Actualizado a las

## What can be done besides waiting.

help-link = ¿Sale, cambia de dispositivo o necesita ayuda?
leave = Salir de la fila
leave-warning = Pierdes tu lugar. Si vuelves, empiezas al final de la fila.
leave-now = Salir y perder mi lugar
see-shop = Ver lo que está a la venta
back-to = Volver a { $site }

## How somebody who looks elsewhere is told.

alerts = Cuando sea mi turno
alert-sound = Reproducir un sonido
alert-notification = Mostrar una notificación
alert-refused = Tu navegador no permite notificaciones de esta página.
speak = Lector de pantalla: decir mi posición
speak-15 = cada 15 segundos
speak-60 = cada minuto
speak-300 = cada 5 minutos
speak-0 = solo cuando sea mi turno

## How long the wait may be.

wait-a-minute = un minuto como mucho
wait-unknown = aún no se sabe
wait-up-to-minutes =
    { $high ->
        [one] hasta { $high } minuto
       *[other] hasta { $high } minutos
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } minuto
       *[other] { $low }–{ $high } minutos
    }
wait-up-to-hours =
    { $high ->
        [one] hasta { $high } hora
       *[other] hasta { $high } horas
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } hora
       *[other] { $low }–{ $high } horas
    }
wait-up-to = hasta { $time }

## What the script says.

spoken-position = Posición { $position }. Espera estimada: { $wait }.
spoken-left = Quedan { $time } para entrar en la tienda
spoken-opens = Abre en { $time }
title-called = Tu turno
back-online = La conexión ha vuelto.
