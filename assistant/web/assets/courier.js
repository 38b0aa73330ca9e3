// What the server asks of the page beside drawing: say something, save a file, set the address.
const deliver = () => {
  const app = window.articleAssistant;
  if (!props.value || !app) return;
  const letter = JSON.parse(props.value);
  if (letter.say) app.say(letter.say);
  if (letter.save) app.save(letter.save.name, letter.save.type, letter.save.text);
  if (letter.begun && !app.conversation) app.address({ conversation: letter.begun, replace: true });
  if (letter.conversation !== undefined) {
    app.address({ conversation: letter.conversation, replace: true });
  }
  if (letter.focus) setTimeout(() => app.box()?.focus(), 60);
};
watch("value", deliver);
