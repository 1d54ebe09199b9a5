export   const inner = 'inside of mail'
