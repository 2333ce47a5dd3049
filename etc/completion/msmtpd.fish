# Completion for msmtpd in fish.

complete -c msmtpd -f

complete -c msmtpd -l version -d 'Show the version'
complete -c msmtpd -l help -d 'Show the options'
complete -c msmtpd -l inetd -d 'Serve the client on standard input and output'
complete -c msmtpd -l interface -r -F -a '127.0.0.1 [::1] unix:/' -d 'Listen on this address'
complete -c msmtpd -l port -x -a '25 587 2500' -d 'The port'
complete -c msmtpd -l lmtp -d 'Speak LMTP'
complete -c msmtpd -l auth -x -d 'Who may send has to log in'
complete -c msmtpd -l allow-user -x -a '(__fish_complete_users)' -d 'This user may use unix sockets'
complete -c msmtpd -l allow-group -x -a '(__fish_complete_groups)' -d 'This group may use unix sockets'
complete -c msmtpd -l from -x -a '(__fish_complete_users | string replace -r "\t.*" ":"; echo "*:")' -d 'The envelope sender of a user'
complete -c msmtpd -l command -x -a '(__fish_complete_command)' -d 'Pipe mails to this command'
complete -c msmtpd -l max-size -x -d 'The size of the largest mail'
complete -c msmtpd -l max-recipients -x -d 'How many a mail may have'
complete -c msmtpd -l max-sessions -x -d 'How many clients are served at once'
complete -c msmtpd -l timeout -x -d 'How long a client may be silent'
complete -c msmtpd -l session-timeout -x -a off -d 'How long a session may last'
complete -c msmtpd -l log -r -F -a 'none syslog stderr' -d 'Where to write what happens'
complete -c msmtpd -l user -x -a '(__fish_complete_users)' -d 'Become this user'
complete -c msmtpd -l group -x -a '(__fish_complete_groups)' -d 'Become this group'
