" Which files are configurations of msmtp.
autocmd BufNewFile,BufRead .msmtprc,msmtprc,*/msmtp/config set filetype=msmtp
