# What the frame of every page says.

skip = Skip to the content
site = Site
for-developers = For developers
language = Language

## What went wrong, and what to do.

error-input = That did not work
error-input-advice = What your browser sent could not be understood. Go back and try again.
error-forbidden = This is not open to you
error-forbidden-advice = This page belongs to somebody else, or your time with it is over.
error-missing = There is nothing here
error-missing-advice = Check the address. It may have been mistyped, or what was here is gone.
error-method = That is not possible here
error-method-advice = This address cannot be used in that way. Go back and try again from the page before.
error-conflict = That is not possible now
error-conflict-advice = Something has changed meanwhile. Go back, reload the page and look at it again.
error-gone = This is over
error-gone-advice = Its time has passed, or it has been used.
error-limited = One moment, please
error-limited-advice = That was more than we can take from one person. Your place and your seats are safe.
error-away = We will be right back
error-away-advice = A part of the system is away for a moment. Nothing was decided, and nothing you have is lost.
error-fault = Something went wrong on our side
error-fault-advice = It was not your fault, and it has been noted. Trying again may help.
error-wait =
    { $seconds ->
        [one] Please wait { $seconds } second before you try again.
       *[other] Please wait { $seconds } seconds before you try again.
    }
error-again = Try again
error-start = To the start
error-number = If you ask for help, give this number:
