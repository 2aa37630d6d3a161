# What the frame of every page says.

skip = Ir para o conteúdo
site = Site
for-developers = Para programadores
language = Idioma

## What went wrong, and what to do.

error-input = Isso não funcionou
error-input-advice = Não foi possível entender o que o seu navegador enviou. Volte atrás e tente de novo.
error-forbidden = Isto não está aberto para você
error-forbidden-advice = Esta página é de outra pessoa, ou o seu tempo com ela terminou.
error-missing = Não há nada aqui
error-missing-advice = Verifique o endereço. Pode estar mal escrito, ou o que estava aqui já não existe.
error-method = Isso não é possível aqui
error-method-advice = Este endereço não pode ser usado assim. Volte à página anterior e tente de novo.
error-conflict = Isso não é possível agora
error-conflict-advice = Algo mudou entretanto. Volte atrás, recarregue a página e veja de novo.
error-gone = Isto terminou
error-gone-advice = O seu tempo passou, ou já foi usado.
error-limited = Um momento, por favor
error-limited-advice = Foi mais do que podemos aceitar de uma só pessoa. O seu lugar na fila e os seus assentos estão seguros.
error-away = Voltamos já
error-away-advice = Uma parte do sistema está ausente por um momento. Nada foi decidido, e nada do que você tem se perdeu.
error-fault = Algo correu mal do nosso lado
error-fault-advice = A culpa não foi sua, e ficou registado. Tentar de novo pode ajudar.
error-wait =
    { $seconds ->
        [one] Aguarde { $seconds } segundo antes de tentar de novo.
       *[other] Aguarde { $seconds } segundos antes de tentar de novo.
    }
error-again = Tentar de novo
error-start = Ir para o início
error-number = Se pedir ajuda, indique este número:
