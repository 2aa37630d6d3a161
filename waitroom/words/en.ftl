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

## Besides waiting: mail, another device, help.

help-title = While you wait
help-lead = Your place stays yours while you read this.
help-back = Back to the line
help-failed = That did not work at the moment. Your place is safe; please try again.
mail-heading = Mail me when my turn is near
mail-pending = We will write to { $address } once, when the wait may be ten minutes or less. The address is deleted then.
mail-stop = Do not write to me
mail-sent = The mail has been sent, and your address is deleted. Keep the page of the line open now.
mail-failed = The mail could not be sent, and the address is deleted. You can give another one.
mail-stopped = We will not write to you. Your address is deleted.
mail-address = E-mail address
mail-no-address = This is no e-mail address. It looks like name@example.com.
mail-too-many = Five places of this drop write to this address already. Please give another one.
mail-near = It is near already: the wait may be ten minutes or less. Keep the page of the line open; no mail would be faster.
mail-now = It is your turn already. Go back to the line and enter the shop.
mail-over = There is nothing left to write about: your place is not waiting any more.
mail-note = One mail, when the wait may be ten minutes or less. Then the address is deleted. It is used for nothing else.
mail-ask = Mail me
move-heading = Go on with another device
move-advice = Take your place with you, from the computer to the phone or back. It stays one place with one turn, and this device goes on showing it.
move-show = Show a code for the other device
move-scan = Scan this with the other device. It is good once, for five minutes. Whoever has it has your place: show it to nobody.
move-picture = QR code of the address below
move-type = Or open { $address } on the other device and type this code:
move-again = Make another code
move-title = Take your place to this device
move-same = It stays the same place with the same turn, and the other device goes on showing it.
move-own = This device has a place of its own in this line. From then on it shows the other one.
move-code = Code from the other device
move-code-note = 26 letters and digits. Small letters are fine, and hyphens may be left out.
move-take = Take my place on this device
move-spent = This code is not good any more. It is good once, for five minutes. Make a new one on the device that has your place.
support-heading = Ask for help
support-advice = A short code by which the organiser’s support finds your place when you call or write.
support-show = Show my support code
support-code = Your support code:
support-note = Read it to the organiser’s support, and they can see where your place stands. Nobody can take your place with it.
elsewhere = Your place is open on another device too. It is one place with one turn.

## The mail to somebody whose turn is near.

reminder-near = Your turn is near
reminder-away = Your turn came while you were away
reminder-any-minute = You may be called any minute now.
reminder-minutes =
    { $minutes ->
        [one] You may be called in about a minute.
       *[other] You may be called in about { $minutes } minutes.
    }
reminder-back = Come back before { $time }, and you are called next.
reminder-enter = Enter the shop before { $time }.
reminder-open = Open the page of the line, on the device on which you took your place
reminder-estimates = The times of a line are estimates. If your turn passes unused, it goes to somebody else.
reminder-asked = You asked for this mail on that page. It is the only one, and your address has been deleted.

## The draw, and how it can be checked.

draw-of = The draw of { $title }
draw-lead = Everybody who is in the lobby when the drop opens gets a place in line by lot. Here is how, and how you can check it.
draw-how = How the order is drawn
draw-how-seed = Before the lobby opened, a secret number was chosen: the seed. Its fingerprint, the commitment below, has been public since, so the seed cannot be exchanged for another. The seed and the id of a place together give the place a number that nobody can guess without the seed. When the drop opens, the lowest number is called first.
draw-how-leaving = When you came to the lobby does not matter. Leaving and coming back gives you the same place and the same number.
draw-salt-how = This draw also takes in a public value, the salt, which nobody could know before: { $source }. It turns the whole circle of numbers, so that not even somebody who had read the secret seed could tell who would be first.
draw-numbers = The numbers
draw-commitment = Commitment: SHA-256 of the seed
draw-salt = Salt
draw-salt-unknown = not known yet
draw-count = Places in the lobby at opening
draw-roster-digest = SHA-256 of the roster
draw-seed = Seed
draw-roster = Roster
draw-roster-link = All places in the order of the draw
draw-soon = The drop has opened. The seed and the roster are published here in a few seconds.
draw-later = The seed and the roster are published here after the drop has opened. Write the commitment down now, if you want to be sure later that it has stayed the same.
draw-check = Check it yourself
draw-check-command = This command fetches everything that is published, computes the draw again and says what it checked:
draw-check-own = Your own place is in the roster under its place_id: the number of its line is the position that the draw gave you.
draw-check-place = Show my place with its place_id
draw-rule = The exact rule, in English
draw-proves = What this proves, and what not
draw-proof = It proves that the order follows from the seed and the ids alone, that the seed was fixed before the lobby opened, and that nobody outside could know or choose a position.
draw-proof-salted = It proves that the order follows from the seed, the salt and the ids alone, that the seed was fixed before the lobby opened, and that nobody outside could know or choose a position.
draw-inside-salted = Somebody inside who had read the seed could not know the order either before the salt was published. Compare the salt with what its source has published.
draw-inside = It does not prove that nobody inside read the secret seed before opening: such a person could have known which places would be drawn first. A drop that names a public salt closes that; this one names none.
draw-says-not = It says nothing about who is behind a place. After the draw the line moves on: people leave, are away when it is their turn, or have a priority pass from the organiser, so that the calls can differ from the roster where one of these is the reason.
