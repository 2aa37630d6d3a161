# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = الفعاليات
drops-lead = اختر فعالية للانضمام إلى طابورها. عندما يحين دورك تدخل إلى المتجر.
drops-none = لا توجد فعاليات حاليًا. يرجى العودة لاحقًا.
all-drops = كل الفعاليات
opens = يفتح
opened = فُتح
state-scheduled = لم يُفتح بعد
state-lobby = الردهة مفتوحة
state-open = مفتوح
state-paused = متوقف مؤقتًا
state-sold-out = نفدت المقاعد
state-closed = انتهى

## Above everything else on the queue page.

organiser = من المنظِّم:
offline = لا يمكننا الوصول إلى الطابور حاليًا. مكانك محفوظ ونواصل المحاولة.
requeued = فات دورك لأن أحدًا لم يدخل المتجر في الوقت المحدد. لديك مكان جديد في الطابور.
away = حان دورك أثناء غيابك. ادخل المتجر قبل انتهاء الوقت.
few-seats = عدد المقاعد أقل من عدد من هم أمامك. قد لا تحصل على مقعد.
no-seats = كل المقاعد الآن في سلال أشخاص آخرين. قد يعود بعضها.
without-script = تتجدد هذه الصفحة تلقائيًا. أبقها مفتوحة وعُد إليها من هذا المتصفح.

## The states: a heading, and what to know or do.

scheduled = لم تُفتح الأبواب بعد
scheduled-from = يمكنك الانضمام ابتداءً من
scheduled-unknown = لم يُعلن موعد الفتح بعد.
scheduled-advice = الحضور المبكر أو إعادة تحميل الصفحة لا يفيد. أبقها مفتوحة وستحجز لك مكانًا في الوقت المناسب.
join = انضم إلى الطابور
join-advice = تحصل على مكان واحد محفوظ لهذا المتصفح. فتح تبويبات أخرى أو إعادة التحميل لا يغيّر شيئًا.
lobby = أنت في الردهة
lobby-in = يفتح بعد
lobby-advice = عندها تُوزَّع الأماكن بالقرعة على كل من في الردهة. لا يهم متى أتيت ولا يلزمك فعل شيء.
lobby-draw = القرعة محددة مسبقًا: بصمة رقمها السري نُشرت قبل فتح الردهة، فلا يمكن لأحد تغيير الترتيب بعد ذلك.
lobby-check = كيف تعمل القرعة وكيف تتحقق منها
lobby-people = الموجودون في الردهة
waiting = أنت في الطابور
waiting-advice = أبقِ هذه الصفحة مفتوحة. يمكنك استخدام تبويبات أخرى في هذه الأثناء.
paused = الطابور متوقف مؤقتًا
paused-advice = لا يدخل أحد حاليًا. مكانك محفوظ.
sold-out = بيعت كل المقاعد
sold-out-advice = لا يتوفر مقعد إلا إذا أعاد أحدهم تذكرته. إن بقيت فمكانك محفوظ.
called = حان دورك
called-advice = ادخل المتجر الآن قبل أن ينتقل دورك إلى شخص آخر.
called-until = دورك محفوظ حتى
called-left = الوقت المتبقي
enter = ادخل المتجر
admitted = لقد دخلت
admitted-advice = المتجر مفتوح لك.
go-on = تابع إلى المتجر
lapsed = فات دورك
lapsed-advice = لم تدخل المتجر في الوقت المحدد فانتقل الدور إلى شخص آخر.
join-again = انضم إلى الطابور من جديد
left = لقد غادرت الطابور
left-advice = مكانك متاح للآخرين. يمكنك الانضمام من جديد في آخر الطابور.
finished = لقد أخذت دورك
finished-advice = انتهت زيارتك للمتجر. ما زالت روابط سلالك وتذاكرك تعمل.
closed = انتهت هذه الفعالية
closed-advice = شكرًا لحضورك. لم يعد الدخول متاحًا.

## How somebody in line stands.

position = موقعك
ahead = أمامك
wait = الانتظار المتوقع
seats-left = المقاعد المتبقية
progress = ما مضى من الانتظار
as-of = آخر تحديث

## What can be done besides waiting.

help-link = هل ستخرج أو تغيّر جهازك أو تحتاج إلى مساعدة؟
leave = غادر الطابور
leave-warning = ستفقد مكانك. إن انضممت من جديد فستبدأ من آخر الطابور.
leave-now = غادر وافقد مكاني
see-shop = شاهد المعروض
back-to = العودة إلى { $site }

## How somebody who looks elsewhere is told.

alerts = عندما يحين دوري
alert-sound = شغّل صوتًا
alert-notification = اعرض إشعارًا
alert-refused = لا يسمح متصفحك بإشعارات هذه الصفحة.
speak = قارئ الشاشة: اذكر موقعي
speak-15 = كل 15 ثانية
speak-60 = كل دقيقة
speak-300 = كل 5 دقائق
speak-0 = فقط عندما يحين دوري

## How long the wait may be.

wait-a-minute = دقيقة على الأكثر
wait-unknown = غير معروف بعد
wait-up-to-minutes =
    { $high ->
        [zero] حتى { $high } دقيقة
        [one] حتى دقيقة واحدة
        [two] حتى دقيقتين
        [few] حتى { $high } دقائق
        [many] حتى { $high } دقيقة
       *[other] حتى { $high } دقيقة
    }
wait-minutes =
    { $high ->
        [zero] { $low }–{ $high } دقيقة
        [one] { $low }–{ $high } دقيقة
        [two] { $low }–{ $high } دقيقة
        [few] { $low }–{ $high } دقائق
        [many] { $low }–{ $high } دقيقة
       *[other] { $low }–{ $high } دقيقة
    }
wait-up-to-hours =
    { $high ->
        [zero] حتى { $high } ساعة
        [one] حتى ساعة واحدة
        [two] حتى ساعتين
        [few] حتى { $high } ساعات
        [many] حتى { $high } ساعة
       *[other] حتى { $high } ساعة
    }
wait-hours =
    { $high ->
        [zero] { $low }–{ $high } ساعة
        [one] { $low }–{ $high } ساعة
        [two] { $low }–{ $high } ساعة
        [few] { $low }–{ $high } ساعات
        [many] { $low }–{ $high } ساعة
       *[other] { $low }–{ $high } ساعة
    }
wait-up-to = حتى { $time }

## What the script says.

spoken-position = موقعك { $position }. الانتظار المتوقع: { $wait }.
spoken-left = تبقّى { $time } لدخول المتجر
spoken-opens = يفتح بعد { $time }
title-called = دورك
back-online = عاد الاتصال.
