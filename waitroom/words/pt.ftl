# What the pages of the line say. A message that takes something in names it as `{ $name }`.

## The list of drops.

drops = Vendas
drops-lead = Escolha uma venda para entrar na fila. Quando chegar a sua vez, você entra na loja.
drops-none = Não há vendas no momento. Volte mais tarde.
all-drops = Todas as vendas
opens = Abre
opened = Aberto desde
state-scheduled = Ainda não aberto
state-lobby = Sala aberta
state-open = Aberto
state-paused = Em pausa
state-sold-out = Esgotado
state-closed = Encerrado

## Above everything else on the queue page.

organiser = Do organizador:
offline = Não conseguimos contactar a fila agora. O seu lugar está seguro; continuamos a tentar.
requeued = A sua vez passou, porque ninguém entrou na loja a tempo. Você tem um novo lugar na fila.
away = A sua vez chegou enquanto você estava fora. Entre na loja antes que o tempo acabe.
few-seats = Há menos lugares do que pessoas à sua frente. Você pode não conseguir um.
no-seats = Todos os lugares estão agora em cestos de outras pessoas. Alguns podem voltar.
without-script = Esta página atualiza-se sozinha. Mantenha-a aberta e volte com este navegador.

## The states: a heading, and what to know or do.

scheduled = As portas ainda não abriram
scheduled-from = Você pode entrar a partir de
scheduled-unknown = Ainda não foi anunciado quando abre.
scheduled-advice = Chegar cedo ou recarregar a página não dá vantagem. Mantenha-a aberta e ela guardará um lugar para você a tempo.
join = Entrar na fila
join-advice = Você recebe um lugar, guardado para este navegador. Mais abas ou recarregar não mudam nada.
lobby = Você está na sala de espera
lobby-in = Abre em
lobby-advice = Então os lugares de todos na sala são sorteados. Não importa quando você chegou, e não é preciso fazer nada.
lobby-draw = O sorteio já está fixado: a impressão digital do seu número secreto foi publicada antes de a sala abrir, por isso ninguém pode mudar a ordem depois.
lobby-check = Ver como funciona o sorteio e verificá-lo
lobby-people = Pessoas na sala
waiting = Você está na fila
waiting-advice = Mantenha esta página aberta. Entretanto pode usar outras abas.
paused = A fila está em pausa
paused-advice = Ninguém entra no momento. Você mantém o seu lugar.
sold-out = Todos os lugares foram vendidos
sold-out-advice = Um lugar só fica livre se alguém devolver o bilhete. Se ficar, você mantém a sua posição.
called = É a sua vez
called-advice = Entre agora na loja, antes que a sua vez passe para outra pessoa.
called-until = A sua vez fica guardada até
called-left = Tempo restante
enter = Entrar na loja
admitted = Você entrou
admitted-advice = A loja está aberta para você.
go-on = Continuar para a loja
lapsed = A sua vez passou
lapsed-advice = Você não entrou na loja a tempo, e a vez passou para outra pessoa.
join-again = Entrar na fila de novo
left = Você saiu da fila
left-advice = O seu lugar está livre para outros. Você pode entrar de novo, no fim da fila.
finished = Você já teve a sua vez
finished-advice = A sua visita à loja terminou. As ligações para os seus cestos e bilhetes continuam a funcionar.
closed = Esta venda terminou
closed-advice = Obrigado por vir. Ninguém mais entra.

## How somebody in line stands.

position = A sua posição
ahead = Pessoas à sua frente
wait = Espera estimada
seats-left = Lugares livres agora
progress = Quanto da espera já passou
as-of = Atualizado às

## What can be done besides waiting.

help-link = Vai sair, mudar de aparelho ou precisa de ajuda?
leave = Sair da fila
leave-warning = Você perde o seu lugar. Se voltar, começa no fim da fila.
leave-now = Sair e perder o meu lugar
see-shop = Ver o que está à venda
back-to = Voltar para { $site }

## How somebody who looks elsewhere is told.

alerts = Quando for a minha vez
alert-sound = Tocar um som
alert-notification = Mostrar uma notificação
alert-refused = O seu navegador não permite notificações desta página.
speak = Leitor de tela: dizer a minha posição
speak-15 = a cada 15 segundos
speak-60 = a cada minuto
speak-300 = a cada 5 minutos
speak-0 = só quando for a minha vez

## How long the wait may be.

wait-a-minute = um minuto no máximo
wait-unknown = ainda não se sabe
wait-up-to-minutes =
    { $high ->
        [one] até { $high } minuto
       *[other] até { $high } minutos
    }
wait-minutes =
    { $high ->
        [one] { $low }–{ $high } minuto
       *[other] { $low }–{ $high } minutos
    }
wait-up-to-hours =
    { $high ->
        [one] até { $high } hora
       *[other] até { $high } horas
    }
wait-hours =
    { $high ->
        [one] { $low }–{ $high } hora
       *[other] { $low }–{ $high } horas
    }
wait-up-to = até { $time }

## What the script says.

spoken-position = Posição { $position }. Espera estimada: { $wait }.
spoken-left = Restam { $time } para entrar na loja
spoken-opens = Abre em { $time }
title-called = Sua vez
back-online = A ligação voltou.
