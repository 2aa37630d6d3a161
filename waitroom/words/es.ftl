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

help-link = ¿Sales, cambias de dispositivo o necesitas ayuda?
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

## Besides waiting: mail, another device, help.

help-title = Mientras esperas
help-lead = Tu lugar sigue siendo tuyo mientras lees esto.
help-back = Volver a la fila
help-failed = No ha funcionado en este momento. Tu lugar está a salvo; inténtalo de nuevo.
mail-heading = Escribirme cuando se acerque mi turno
mail-pending = Escribiremos una vez a { $address }, cuando la espera pueda ser de diez minutos o menos. Entonces se borra la dirección.
mail-stop = No escribirme
mail-sent = El correo se ha enviado y tu dirección se ha borrado. Mantén ahora abierta la página de la fila.
mail-failed = No se pudo enviar el correo y la dirección se ha borrado. Puedes dar otra.
mail-stopped = No te escribiremos. Tu dirección se ha borrado.
mail-address = Correo electrónico
mail-no-address = Esto no es una dirección de correo. Tiene la forma nombre@example.com.
mail-too-many = Cinco lugares de esta venta ya escriben a esta dirección. Indica otra, por favor.
mail-near = Ya falta poco: la espera puede ser de diez minutos o menos. Deja abierta la página de la fila; ningún correo sería más rápido.
mail-now = Ya es tu turno. Vuelve a la fila y entra en la tienda.
mail-over = Ya no hay nada que avisar: tu lugar ya no está esperando.
mail-note = Un solo correo, cuando la espera pueda ser de diez minutos o menos. Después se borra la dirección. No se usa para nada más.
mail-ask = Escribirme
move-heading = Seguir en otro dispositivo
move-advice = Llévate tu lugar del ordenador al teléfono o al revés. Sigue siendo un solo lugar con un solo turno, y este dispositivo lo sigue mostrando.
move-show = Mostrar un código para el otro dispositivo
move-scan = Escanéalo con el otro dispositivo. Vale una vez, durante cinco minutos. Quien lo tiene, tiene tu lugar: no lo muestres a nadie.
move-picture = Código QR de la dirección de abajo
move-type = O abre { $address } en el otro dispositivo y escribe este código:
move-again = Crear otro código
move-title = Traer tu lugar a este dispositivo
move-same = Sigue siendo el mismo lugar con el mismo turno, y el otro dispositivo lo sigue mostrando.
move-own = Este dispositivo ya tiene un lugar propio en esta fila. A partir de entonces mostrará el otro.
move-code = Código del otro dispositivo
move-code-note = 26 letras y cifras. Las minúsculas valen, y los guiones pueden omitirse.
move-take = Traer mi lugar a este dispositivo
move-spent = Este código ya no vale. Vale una vez, durante cinco minutos. Crea uno nuevo en el dispositivo que tiene tu lugar.
support-heading = Pedir ayuda
support-advice = Un código corto con el que la asistencia del organizador encuentra tu lugar cuando llamas o escribes.
support-show = Mostrar mi código de asistencia
support-code = Tu código de asistencia:
support-note = Léelo a la asistencia del organizador y podrá ver cómo está tu lugar. Nadie puede quitarte el lugar con él.
elsewhere = Tu lugar también está abierto en otro dispositivo. Es un solo lugar con un solo turno.

## The mail to somebody whose turn is near.

reminder-near = Tu turno se acerca
reminder-away = Tu turno llegó mientras no estabas
reminder-any-minute = Puedes ser llamado en cualquier momento.
reminder-minutes =
    { $minutes ->
        [one] Puedes ser llamado dentro de un minuto, más o menos.
       *[other] Puedes ser llamado dentro de unos { $minutes } minutos.
    }
reminder-back = Vuelve antes del { $time } y serás el siguiente.
reminder-enter = Entra en la tienda antes del { $time }.
reminder-open = Abre la página de la fila en el dispositivo con el que tomaste tu lugar
reminder-estimates = Los tiempos de una fila son estimaciones. Si no aprovechas tu turno, pasa a otra persona.
reminder-asked = Pediste este correo en esa página. Es el único, y tu dirección se ha borrado.

## The draw, and how it can be checked.

draw-of = El sorteo: { $title }
draw-lead = Quien está en la sala al abrir recibe su lugar en la fila por sorteo. Aquí se explica cómo, y cómo puedes comprobarlo.
draw-how = Cómo se sortea el orden
draw-how-seed = Antes de abrir la sala se eligió un número secreto: la semilla. Su huella, el compromiso de abajo, es pública desde entonces, así que la semilla no puede cambiarse por otra. La semilla y el identificador de un lugar dan juntos a ese lugar un número que nadie puede adivinar sin la semilla. Al abrir, el número más bajo pasa primero.
draw-how-leaving = No importa cuándo llegaste a la sala. Si te vas y vuelves, tienes el mismo lugar y el mismo número.
draw-salt-how = En este sorteo entra también un valor público, la sal, que nadie podía conocer antes: { $source }. Hace girar todo el círculo de números, de modo que ni siquiera quien hubiera leído la semilla secreta podía saber quién sería el primero.
draw-numbers = Los números
draw-commitment = Compromiso: SHA-256 de la semilla
draw-salt = Sal
draw-salt-unknown = aún no se conoce
draw-count = Lugares en la sala al abrir
draw-roster-digest = SHA-256 de la lista
draw-seed = Semilla
draw-roster = Lista
draw-roster-link = Todos los lugares en el orden del sorteo
draw-soon = La venta ha abierto. La semilla y la lista se publican aquí en unos segundos.
draw-later = La semilla y la lista se publican aquí después de abrir. Anota ahora el compromiso si más tarde quieres estar seguro de que no ha cambiado.
draw-check = Compruébalo
draw-check-command = Esta orden obtiene todo lo publicado, vuelve a calcular el sorteo y dice lo que ha comprobado:
draw-check-own = Tu propio lugar está en la lista con su place_id: el número de su línea es la posición que te dio el sorteo.
draw-check-place = Mostrar mi lugar con su place_id
draw-rule = La regla exacta, en inglés
draw-proves = Lo que esto demuestra y lo que no
draw-proof = Demuestra que el orden resulta solo de la semilla y de los identificadores, que la semilla estaba fijada antes de abrir la sala y que nadie de fuera podía conocer ni elegir una posición.
draw-proof-salted = Demuestra que el orden resulta solo de la semilla, de la sal y de los identificadores, que la semilla estaba fijada antes de abrir la sala y que nadie de fuera podía conocer ni elegir una posición.
draw-inside-salted = Tampoco alguien de dentro que hubiera leído la semilla podía conocer el orden antes de publicarse la sal. Compara la sal con lo que ha publicado su fuente.
draw-inside = No demuestra que nadie de dentro leyera la semilla secreta antes de abrir: esa persona habría podido saber qué lugares saldrían primero. Una venta que nombra una sal pública lo excluye; esta no nombra ninguna.
draw-says-not = No dice nada de quién está detrás de un lugar. Después del sorteo la fila avanza: hay quien se va, quien no está cuando le toca o quien tiene un pase prioritario del organizador; por eso las llamadas pueden diferir de la lista.
