# What the frame of every page says.

skip = انتقل إلى المحتوى
site = الموقع
for-developers = للمطوّرين
language = اللغة

## What went wrong, and what to do.

error-input = لم ينجح ذلك
error-input-advice = تعذّر فهم ما أرسله متصفحك. عُد إلى الخلف وحاول مرة أخرى.
error-forbidden = هذا غير متاح لك
error-forbidden-advice = هذه الصفحة تخص شخصًا آخر، أو انتهى وقتك معها.
error-missing = لا يوجد شيء هنا
error-missing-advice = تحقق من العنوان. ربما كُتب خطأً، أو لم يعد ما كان هنا موجودًا.
error-method = هذا غير ممكن هنا
error-method-advice = لا يمكن استخدام هذا العنوان بهذه الطريقة. عُد إلى الصفحة السابقة وحاول مرة أخرى.
error-conflict = هذا غير ممكن الآن
error-conflict-advice = تغيّر شيء في هذه الأثناء. عُد إلى الخلف وأعد تحميل الصفحة وانظر من جديد.
error-gone = انتهى هذا
error-gone-advice = انقضى وقته أو استُخدم من قبل.
error-limited = لحظة من فضلك
error-limited-advice = كان ذلك أكثر مما يمكننا قبوله من شخص واحد. مكانك ومقاعدك محفوظة.
error-away = سنعود حالًا
error-away-advice = جزء من النظام غير متاح للحظة. لم يُحسم شيء ولم تفقد شيئًا.
error-fault = حدث خطأ من جانبنا
error-fault-advice = لم يكن الخطأ منك، وقد سُجّل. قد تفيد المحاولة مرة أخرى.
error-wait =
    { $seconds ->
        [zero] انتظر { $seconds } ثانية قبل أن تحاول مرة أخرى.
        [one] انتظر ثانية واحدة قبل أن تحاول مرة أخرى.
        [two] انتظر ثانيتين قبل أن تحاول مرة أخرى.
        [few] انتظر { $seconds } ثوانٍ قبل أن تحاول مرة أخرى.
        [many] انتظر { $seconds } ثانية قبل أن تحاول مرة أخرى.
       *[other] انتظر { $seconds } ثانية قبل أن تحاول مرة أخرى.
    }
error-again = حاول مرة أخرى
error-start = إلى البداية
error-number = إذا طلبت المساعدة فاذكر هذا الرقم:
