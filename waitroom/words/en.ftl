# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Drops
drops-lead = Choose a drop to join its line. When it is your turn, you are let into the shop.
drops-none = There is no drop at the moment. Please come back later.
all-drops = All drops
opens = Opens
opened = Opened
state-scheduled = Not open yet
state-lobby = Lobby is open
state-open = Open
state-paused = Paused
state-sold-out = Sold out
state-closed = Over

## Above everything else on the queue page.

organiser = From the organiser:
offline = We cannot reach the line at the moment. Your place is safe; we keep trying.
requeued = Your turn has passed, because nobody entered the shop in time. You have a new place in line.
away = Your turn came while you were away. Enter the shop before the time is over.
few-seats = There are fewer seats than people ahead of you. You may not get one.
no-seats = All seats are in other people’s baskets at the moment. Some may come back.
without-script = This page renews itself. Keep it open, and come back to it with this browser.

## The states: a heading, and what to know or do.

scheduled = The doors are not open yet
scheduled-from = You can join from
scheduled-unknown = When it opens has not been announced.
scheduled-advice = Coming early or reloading this page earns nothing. Keep it open, and it will take a place for you in time.
join = Join the line
join-advice = You get one place, kept for this browser. More tabs or reloading change nothing.
lobby = You are in the lobby
lobby-in = Opens in
lobby-advice = Then everybody in the lobby gets a place by lot. It does not matter when you came, and you need not do anything.
lobby-draw = The draw is fixed already: the fingerprint of its secret number was published before the lobby opened, so nobody can change the order afterwards.
lobby-check = See how the draw works and check it
lobby-people = People in the lobby
waiting = You are in line
waiting-advice = Keep this page open. You may use other tabs meanwhile.
paused = The line is paused
paused-advice = Nobody is let in at the moment. You keep your place.
sold-out = Every seat is sold
sold-out-advice = A seat comes free only when somebody gives a ticket back. If you stay, you keep your place.
called = It is your turn
called-advice = Enter the shop now, before your turn goes to somebody else.
called-until = Your turn is kept until
called-left = Time left
enter = Enter the shop
admitted = You are in
admitted-advice = The shop is open for you.
go-on = Go on to the shop
lapsed = Your turn has passed
lapsed-advice = You did not enter the shop in time, and the turn went to somebody else.
join-again = Join the line again
left = You have left the line
left-advice = Your place is free for others. You may join again, at the end of the line.
finished = You have had your turn
finished-advice = Your visit to the shop is over. The links to your baskets and tickets still work.
closed = This drop is over
closed-advice = Thank you for coming. Nobody is let in any more.

## How somebody in line stands.

position = Your position
ahead = People ahead of you
wait = Estimated wait
seats-left = Seats left now
progress = How much of the wait is behind you
as-of = As of

## What can be done besides waiting.

help-link = Going out, another device, or in need of help?
leave = Leave the line
leave-warning = You lose your place. If you join again, you start at the end of the line.
leave-now = Leave and lose my place
see-shop = See what is on sale
back-to = Back to { $site }

## How somebody who looks elsewhere is told.

alerts = When it is my turn
alert-sound = Play a sound
alert-notification = Show a notification
alert-refused = Your browser does not allow notifications from this page.
speak = Screen reader: say my position
speak-15 = every 15 seconds
speak-60 = every minute
speak-300 = every 5 minutes
speak-0 = only when it is my turn

## How long the wait may be.

wait-a-minute = a minute at most
wait-unknown = not known yet
wait-up-to-minutes =
    { $high ->
        [one] up to { $high } minute
       *[other] up to { $high } minutes
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } minute
       *[other] { $low }–{ $high } minutes
    }
wait-up-to-hours =
    { $high ->
        [one] up to { $high } hour
       *[other] up to { $high } hours
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } hour
       *[other] { $low }–{ $high } hours
    }
wait-up-to = up to { $time }

## What the script says.

spoken-position = Position { $position }. Estimated wait: { $wait }.
spoken-left = { $time } left to enter the shop
spoken-opens = It opens in { $time }
title-called = Your turn
back-online = The connection is back.
